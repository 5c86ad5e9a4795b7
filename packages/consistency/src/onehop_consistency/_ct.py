"""(Improved) consistency training: agree along the data's own noise, without a teacher.

Each update noises the demonstrations' chunks to two neighbouring rungs with the *same*
eps and takes one step down w ct_loss. In expectation over x given x_t the cleaner chunk
is one Euler step of the probability-flow ODE away from the noisier; so the ladder grows
finer over the run,

    n(k) = min(s_0 2^floor(k / K'), s_1),     K' = floor(K / (log2(s_1 / s_0) + 1))

and the noisier rung is drawn with the probability that a log-normal r of mean p_mean
and deviation p_std (of ln r) falls between the two. The target network is the student
itself, held still. Discrete schedules stop at their own number of times.

The paper pairs the weight 1 / (r_t - r_s) with the pseudo-Huber distance, over 400,000
updates of an EDM network, whose output counts for r / sqrt(r^2 + sigma_data^2) of the
denoised chunk. Here the network's output is the chunk, and a few thousand updates must
do: with the squared error, `even_steps` makes the noise of the gradient the same at
every rung, where the paper's weight forgets the noisy end.

References:
    | Consistency Models (Song et al., 2023), algorithm 3
    | https://arxiv.org/abs/2303.01469
    | Improved Techniques for Training Consistency Models (Song and Dhariwal, 2023)
    | https://arxiv.org/abs/2310.14189
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Batch, Teacher
from onehop_interfaces.learning import Run

from ._learner import Learner
from ._loss import ct_loss
from ._student import Student
from ._times import noise_to_signal

if TYPE_CHECKING:
    from ._recipe import CTRecipe

__all__ = [
    "CT",
    "StepWeight",
    "curriculum",
    "even_steps",
    "inverse_steps",
    "rung_probabilities",
]

StepWeight: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""w as a function of (r_t, r_s), each (B,)."""


def inverse_steps(r_t: Tensor, r_s: Tensor) -> Tensor:
    """The paper's 1 / (r_t - r_s)."""
    return 1 / (r_t - r_s)


def even_steps(r_t: Tensor, r_s: Tensor) -> Tensor:
    """sqrt(1 + r_t^2) / (r_t - r_s), for data of unit variance.

    There df/dx_t falls as 1 / sqrt(1 + r^2), and what two neighbouring rungs differ by
    as that times r_t - r_s; this weight takes both out of a squared error's gradient.
    """
    return (1 + r_t**2).sqrt() / (r_t - r_s)


def curriculum(k: int, steps: int, s_0: int = 10, s_1: int = 1280) -> int:
    """n(k), the rungs at update k of `steps`."""
    period = math.floor(steps / (math.log2(s_1 / s_0) + 1))
    return int(min(s_0 * 2 ** (k // max(period, 1)), s_1))


def rung_probabilities(r: Tensor, p_mean: float = -1.1, p_std: float = 2.0) -> Tensor:
    """P(r_i < r < r_i+1) of a log-normal r, normalised over i, (n,).

    Args:
        r: The noise-to-signal ratios of a ladder's n + 1 times, growing.
        p_mean: Mean of ln r.
        p_std: Its standard deviation.
    """
    below = torch.erf((r.double().log() - p_mean) / (2**0.5 * p_std))
    return below.diff() / (below[-1] - below[0])


WEIGHTS: Mapping[str, StepWeight] = {f.__name__: f for f in (even_steps, inverse_steps)}


class CT(Learner):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Gives the spaces and the schedule; its denoiser is never called.
        settings: What can be set.
        run: The run it is part of, over which the ladder grows finer.
        student: What is trained, if not a copy of the teacher as the settings have it.

    Raises:
        BadInput: if the ladder would grow coarser.
    """

    def __init__(
        self,
        teacher: Teacher,
        settings: CTRecipe,
        run: Run,
        student: Student | None = None,
    ) -> None:
        if not 1 <= settings.s_0 <= settings.s_1:
            came = (settings.s_0, settings.s_1)
            raise BadInput(
                f"rungs: expected at least 1 and no fewer at the end, got {came}"
            )
        student = student or settings.student(teacher, run.generator)
        super().__init__(teacher, settings, run, student)
        self.settings = settings
        self.w = WEIGHTS[settings.w]

    def _draw(self, batch: int) -> tuple[Tensor, Tensor, Tensor]:
        """Times t and s and the weight w, each (B,)."""
        how = self.settings
        times = self.ladder(curriculum(self.updates, self.steps, how.s_0, how.s_1))
        r = noise_to_signal(self.teacher.schedule, times)
        p = rung_probabilities(r, how.p_mean, how.p_std)
        i = torch.multinomial(p, batch, replacement=True, generator=self.generator)
        return times[i + 1], times[i], self.w(r[i + 1], r[i])

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations and actions."""
        cond, target_cond, _ = self.three_conds(batch.obs)
        x = self.teacher.normalise(batch.actions, batch.obs)
        t, s, w = self._draw(len(x))
        loss = w * ct_loss(
            partial(self.student.consistency, cond=cond),
            partial(self.target.consistency, cond=target_cond),
            self.teacher.schedule,
            x,
            self.normal(x),
            t,
            s,
            self.distance,
        )
        self.learn(loss.mean())
        return self.end_update(loss=loss.mean())
