"""OneFlow-DP: distil the teacher's flow, and its end, into a map to the end.

Each update draws z, follows the teacher from it to its end x_0 (`teacher_steps` calls),
and takes `passes` steps down

    L =  chord    E_s w(s) ||x - x_0||^2                      u to its own chord
       + velocity E_s w(s) ||x - x_inst||^2 . fade(progress)  u to the ODE's slope
       + action   Huber(x - x_0) at s = 1                     the one-step chunk

with x the end that the student sees from the path's point at s, and x_inst the one the
path's slope there points at. A share `start_share` of the points is at s = 1, where the
one-step policy works; the rest is uniform in s. Chord and velocity contradict each
other wherever paths bend: the velocity term eases a cold start and has to fade.

Two ablations are settings: velocity alone (chord = action = 0, `hold_velocity`),
whose one step is the mean action; and action alone (chord = velocity = 0), the
regression of the teacher's ends on z, which has one step and no more.

Following the teacher is most of the cost, and `passes` spreads it. Nothing is kept from
one update to the next, so that a state has the same size whatever the observations
are, and processes that see different batches have the same one.

References:
    | OneFlow-DP (one page, no code): PF-ODE, velocity alignment, terminal action loss
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Batch, Teacher, expand
from onehop_interfaces.drawing import uniform
from onehop_interfaces.learning import Run, Training, constant, half_cosine

from ._coordinates import flow_level, times_at, to_noisy
from ._loss import action_loss, slope_loss
from ._path import FlowPath, point_at, teacher_path
from ._student import Student

if TYPE_CHECKING:
    from ._recipe import OneFlowRecipe

__all__ = ["OneFlow", "fade_by_half"]


def fade_by_half(n: int, steps: int) -> float:
    """From 1 down to 0 half-way: what follows is free of the term's bias."""
    return max(1 - 2 * n / steps, 0.0)


class OneFlow(Training[Student]):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        settings: What can be set.
        run: The run it is part of.
        student: What is trained, if not a copy of the teacher as the settings have it.

    Raises:
        BadInput: if a setting is out of range.
    """

    def __init__(
        self,
        teacher: Teacher,
        settings: OneFlowRecipe,
        run: Run,
        student: Student | None = None,
    ) -> None:
        share, passes = settings.start_share, settings.passes
        if not 0 < share <= 1:
            raise BadInput(f"start_share: expected in (0, 1], got {share:g}")
        if passes < 1:
            raise BadInput(f"passes: expected at least 1, got {passes}")
        domain = teacher.schedule.domain
        self.teacher_steps = len(domain.grid(domain.at_most(settings.teacher_steps)))
        student = student or settings.student(teacher, run.generator)
        super().__init__(teacher, student, run, settings.train_encoder)
        self.settings = settings
        self.fade = constant if settings.hold_velocity else fade_by_half
        adamw = partial(torch.optim.AdamW, lr=settings.lr, weight_decay=1e-6)
        self.optimizer = self.optimise(
            "optimizer", student.parameters(), adamw, half_cosine
        )

    def update(self, batch: Batch) -> dict[str, float]:
        """Learn from the batch's observations; its actions are not looked at."""
        with torch.no_grad():
            cond = self.teacher.encode(batch.obs)
            z = self.normal(cond.new_empty(len(cond), *self.student.signature.chunk))
            x_t = self.student.scale * z
            path = teacher_path(self.teacher, x_t, cond, self.teacher_steps)
        for _ in range(self.settings.passes):
            own = self.own_cond(batch.obs, cond)
            loss = self.loss(path, own, self._levels(path)).mean()
            self.descend(loss)
        calls = self.teacher_steps * (self.updates + 1)
        return self.end_update(loss=loss, teacher_calls=float(calls))

    def loss(self, path: FlowPath, cond: Tensor, s: Tensor) -> Tensor:
        """L at the levels s of the paths, one value per example, (B,).

        Args:
            path: The teacher's paths.
            cond: The student's conditions (B, C) of what they were made for.
            s: Levels (B,); those equal to the path's first count as starts.
        """
        student, schedule, how = self.student, self.teacher.schedule, self.settings
        x_s, v = point_at(path, s)
        t = times_at(schedule, s)
        x = student.end(to_noisy(x_s, *schedule(t)), t, cond)
        x_inst = x_s - expand(s, v) * v
        velocity = how.velocity * self.fade(self.updates, self.steps)
        at_start = (s == path.s[0]) / how.start_share
        return (
            how.chord * slope_loss(x, path.end, s, how.weight)
            + velocity * slope_loss(x, x_inst, s, how.weight)
            + how.action * at_start * action_loss(x, path.end)
        )

    def _levels(self, path: FlowPath) -> Tensor:
        """Levels s (B,) that the schedule has: the path's first, or any."""
        schedule, n = self.teacher.schedule, path.x_s.shape[1]
        u, at_start = (uniform(n, self.generator).to(path.x_s) for _ in range(2))
        s = flow_level(*schedule(times_at(schedule, u)))
        return torch.where(at_start < self.settings.start_share, path.s[0], s)
