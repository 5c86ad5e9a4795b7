"""Whether data are of the kind that a teacher was taught.

A teacher keeps the mean and the standard deviation of every feature it was fitted to.
Standardised by them, data of the same kind have mean 0 and spread 1 themselves. Of the
data at hand, and of the feature furthest away,

    off    = |mean|             [standard deviations of the teacher's data]
    spread = standard deviation       [likewise]

say how far they lie apart. At Push-T, people's data are .2 off for the planner's
teacher and spread 1.2 times, the planner's likewise for theirs; a single episode is up
to 2.2 off and spreads up to 2.0 times. Pixels scaled to [0, 1] are 5.4 off, and agent
and keypoints in each other's place spread 2.5 times.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Batch
from onehop_interfaces.gain import MODEST, gain
from onehop_teachers import DiffusionTeacher, Standardise

__all__ = ["Apart", "apart", "check_kind"]

OFF_TOLD, OFF_MOST = 1.0, 3.0
SPREAD_TOLD, SPREAD_MOST = 1.5, 2.25
"""Beyond the first a line is said, beyond the second the data are refused."""


class Apart(NamedTuple):
    """How far data lie from a teacher's.

    Attributes:
        off: The mean furthest from the teacher's [standard deviations].
        off_at: The feature it is of: the statistics' name and the number therein.
        spread: The greatest standard deviation, likewise.
        spread_at: The feature it is of.
    """

    off: float
    off_at: str
    spread: float
    spread_at: str

    def __str__(self) -> str:
        return (
            f"off by up to {self.off:.2g} standard deviations ({self.off_at}), spread "
            f"up to {self.spread:.2g} times as far ({self.spread_at})"
        )


def check_kind(teacher: DiffusionTeacher, data: Batch) -> None:
    """Refuse data of another kind than the teacher's; tell of what is doubtful.

    A line on stderr tells of data that lie somewhat apart, and of a teacher whose own
    chunks may be far from any.

    Args:
        teacher: Its statistics fitted.
        data: Windows, evenly over all.

    Raises:
        BadInput: naming the features furthest away.
    """
    found = apart(teacher, data)
    if found is not None and (found.off > OFF_MOST or found.spread > SPREAD_MOST):
        raise BadInput(f"--data: expected data like the teacher's, got some {found}")
    if found is not None and (found.off > OFF_TOLD or found.spread > SPREAD_TOLD):
        _tell(f"the data are not quite like the teacher's: {found}")
    times = gain(teacher, teacher.schedule.domain.t_max)
    if teacher.clip is None and times > MODEST:
        _tell(
            "the teacher predicts noise, whose errors count up to "
            f"{times:.0f} times in its chunks, and has no clip: students may leave the "
            "data's range"
        )


@torch.no_grad()
def apart(teacher: DiffusionTeacher, data: Batch) -> Apart | None:
    """How far the data lie from those of the teacher; None if it kept no statistics."""
    with _standardised(teacher) as seen:
        teacher.encode(data.obs)
        teacher.normalise(data.actions, data.obs)
    if not seen:
        return None
    off = max(_worst(name, values.mean(0).abs()) for name, values in seen)
    spread = max(_worst(name, values.std(0, correction=0)) for name, values in seen)
    return Apart(*off, *spread)


def _worst(name: str, values: Tensor) -> tuple[float, str]:
    """The greatest of some statistics' values (dim,), and which it is."""
    return float(values.max()), f"{name} {int(values.argmax())}"


@contextmanager
def _standardised(teacher: nn.Module) -> Iterator[list[tuple[str, Tensor]]]:
    """Within, what every `Standardise` of the teacher makes is kept, (N, dim)."""
    seen: list[tuple[str, Tensor]] = []

    def keep(name: str) -> Any:
        return lambda _, __, values: seen.append((name, values.flatten(0, -2).double()))

    handles = [
        part.register_forward_hook(keep(name))
        for name, part in teacher.named_modules()
        if isinstance(part, Standardise)
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _tell(line: str) -> None:
    print(f"onehop-train: {line}", file=sys.stderr)
