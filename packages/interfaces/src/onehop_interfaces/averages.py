"""Averages of weights along a run.

The optimiser's k-th step, which leads to w_k, moves the average by

    avg <- d_k avg + (1 - d_k) w_k,     d_1 = 0.

A student's decay is that of `over_last(s)`,

    d_k = (1 - 1/k)^(2/s - 1),

so that after N steps w_i weighs about (i / N)^(2/s - 2): the weights are on average
s N / 2 steps old, as in a plain mean over the last share s of the run, however long the
run is and wherever it stops. Nothing is left of the start, which for most students is
the teacher: an average that remembers it is a blend with the teacher.

References:
    | Analyzing and Improving the Training Dynamics of Diffusion Models (Karras et al.,
    | 2024), section 3.1, the power function average | https://arxiv.org/abs/2312.02696
    | Acceleration of Stochastic Approximation by Averaging (Polyak & Juditsky, 1992)
    | https://doi.org/10.1137/0330046

This module needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

__all__ = ["Decay", "averaged", "last_tenth", "over_last", "rising", "steady"]

Decay: TypeAlias = Callable[[int], float]
"""k, counted from 2 -> d_k."""


def over_last(share: float) -> Decay:
    """As old as a mean over this share of the run, above 0; see the module's text."""
    return lambda k: (1 - 1 / k) ** (2 / share - 1)


def steady(decay: float) -> Decay:
    """The same at every step."""
    return lambda k: decay


def rising(decay: float) -> Decay:
    """min(decay, k / (9 + k)): steady, but for a start that is soon forgotten."""
    return lambda k: min(decay, k / (9 + k))


last_tenth = over_last(0.1)
"""What students act with."""


def averaged(net: nn.Module, decay: Decay = last_tenth) -> AveragedModel:
    """A copy of `net` with its averaged weights; see the module's text.

    Args:
        net: What is averaged, by `update_parameters`; the copy is `module`.
        decay: d_k.
    """

    def move(avg: Sequence[Tensor], w: Sequence[Tensor], before: Any) -> None:
        d_k = decay(int(before) + 1)
        get_ema_multi_avg_fn(d_k)(avg, w, before)  # type: ignore[no-untyped-call]

    return AveragedModel(net, multi_avg_fn=move)
