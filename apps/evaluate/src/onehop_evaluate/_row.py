"""A row of the table: what one policy achieves and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ._cost import Cost
from ._diversity import Modes, mode_entropy, modes_of
from ._entries import Entry
from ._latency import Latency
from ._rollout import Rollouts
from ._statistics import Estimate, mean, paired_difference, proportion

__all__ = ["Measured", "Row", "rows_of"]


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of one policy.

    Attributes:
        entry: The policy.
        rollouts: Its episodes, from the same starts as everyone's.
        one_thread: Latency of its decisions on one thread.
        default_threads: The same on as many threads as torch takes by itself.
        cost: Parameters and FLOPs.
        spread: Of its chunks over noise, in the action's units.
        onnx: Latency of its decisions by ONNX on one thread, if measured.
    """

    entry: Entry
    rollouts: Rollouts
    one_thread: Latency
    default_threads: Latency
    cost: Cost
    spread: float
    onnx: Latency | None = None


@dataclass(frozen=True, eq=False)
class Row:
    """Estimates from what was measured.

    Attributes:
        measured: The measurements.
        maximum: Mean over starts of an episode's greatest metric.
        mean: Mean over starts of an episode's mean metric.
        success: Share of starts that pass the threshold.
        score: Mean over starts of Diffusion Policy's score.
        versus_teacher: Paired difference of `maximum` to the first row (None there).
        versus_one_step: The same to the teacher at one step (None there).
        speed_up: Median latency on one thread of the first row over this row's.
        entropy: Over the modes of successes, if the task has modes.
        entropy_of_all: The same over all episodes that got far enough to have one.
    """

    measured: Measured
    maximum: Estimate
    mean: Estimate
    success: Estimate
    score: Estimate
    versus_teacher: Estimate | None
    versus_one_step: Estimate | None
    speed_up: float
    entropy: Estimate | None
    entropy_of_all: Estimate | None

    @property
    def name(self) -> str:
        """What the policy is called in tables and figures."""
        return self.measured.entry.name


def rows_of(measured: Sequence[Measured], modes: Modes | None = None) -> list[Row]:
    """One row per policy, in order.

    The first is the teacher that the others are compared with, the last that is no
    student is the teacher at one step.
    """
    teacher = measured[0]
    one_step = [m for m in measured if not m.entry.student][-1]
    return [_row(m, teacher, one_step, modes) for m in measured]


def _row(
    measured: Measured, teacher: Measured, one_step: Measured, modes: Modes | None
) -> Row:
    rollouts = measured.rollouts
    entropy, entropy_of_all = _entropies(rollouts, modes)
    return Row(
        measured=measured,
        maximum=mean(rollouts.maximum),
        mean=mean(rollouts.mean),
        success=proportion(rollouts.success),
        score=mean(rollouts.score),
        versus_teacher=_versus(measured, teacher),
        versus_one_step=_versus(measured, one_step),
        speed_up=teacher.one_thread.p50 / measured.one_thread.p50,
        entropy=entropy,
        entropy_of_all=entropy_of_all,
    )


def _entropies(
    rollouts: Rollouts, modes: Modes | None
) -> tuple[Estimate, Estimate] | tuple[None, None]:
    """Over successes and over all."""
    if modes is None:
        return None, None
    found = modes_of(modes, rollouts.agent)
    solved = mode_entropy(found[rollouts.success], modes.number)
    return solved, mode_entropy(found, modes.number)


def _versus(measured: Measured, reference: Measured) -> Estimate | None:
    if measured is reference:
        return None
    return paired_difference(measured.rollouts.maximum, reference.rollouts.maximum)
