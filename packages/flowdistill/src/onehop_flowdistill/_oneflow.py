"""OneFlow-DP: distil the teacher's flow, and its end, into a map to the end.

Each update draws z, follows the teacher from it to its end x_0 (`path_steps` calls),
and takes `passes` steps down

    L =  chord    E_s w(s) ||x - x_0||^2                      u to its own chord
       + velocity E_s w(s) ||x - x_inst||^2 . fade(progress)  u to the ODE's slope
       + action   Huber(x - x_0) at s = 1                     the one-step chunk

with x the end that the student sees from the path's point at s, and x_inst the one the
path's slope there points at. A share `start_share` of the points is at s = 1, where the
one-step policy works; the rest is uniform in s. Chord and velocity contradict each
other wherever paths bend: the velocity term eases a cold start and has to fade.

Two ablations are settings: velocity alone (chord = action = 0, fade = `constant`),
whose one step is the mean action; and action alone (chord = velocity = 0), the
regression of the teacher's ends on z, which has one step and no more.

Following the teacher is most of the cost, and `passes` spreads it. Nothing is kept from
one update to the next, so that a state has the same size whatever the observations
are, and processes that see different batches have the same one.

References:
    | OneFlow-DP (one page, no code): PF-ODE, velocity alignment, terminal action loss
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Batch, Minimise, Obs, Teacher, expand, minimise
from onehop_interfaces.learning import StudentTraining, half_cosine

from ._coordinates import flow_level, times_at, to_noisy
from ._loss import Weight, action_loss, as_ends, slope_loss
from ._path import FlowPath, point_at, teacher_path
from ._student import Student

__all__ = ["Fade", "OneFlow", "constant", "fade_by_half"]

Fade: TypeAlias = Callable[[float], float]
"""Progress, 0 to 1 -> a factor."""


def fade_by_half(progress: float) -> float:
    """From 1 down to 0 half-way: what follows is free of the term's bias."""
    return max(1 - 2 * progress, 0.0)


def constant(progress: float) -> float:
    """1 throughout."""
    return 1.0


class OneFlow(StudentTraining[Student]):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        student: What is trained.
        steps: Updates planned, for the learning rate and `fade`.
        generator: Source of z and s, on the student's device.
        lr: AdamW's highest learning rate.
        path_steps: Calls of the teacher per path.
        passes: Descents on each path, every one at points of its own.
        chord: Weight of the chord term.
        velocity: Weight of the velocity term,
        fade: and its course over the run.
        action: Weight of the terminal action loss.
        w: w(s).
        start_share: Share of points at s = 1, in (0, 1].
        minimise: How a loss becomes an optimiser step.

    Raises:
        BadInput: if a setting is out of range.
    """

    def __init__(
        self,
        teacher: Teacher,
        student: Student,
        *,
        steps: int,
        generator: torch.Generator,
        lr: float = 1e-4,
        path_steps: int = 10,
        passes: int = 4,
        chord: float = 1.0,
        velocity: float = 1.0,
        fade: Fade = fade_by_half,
        action: float = 1.0,
        w: Weight = as_ends,
        start_share: float = 0.5,
        minimise: Minimise = minimise,
    ) -> None:
        if not 0 < start_share <= 1:
            raise BadInput(f"start_share: expected in (0, 1], got {start_share:g}")
        if passes < 1:
            raise BadInput(f"passes: expected at least 1, got {passes}")
        teacher.schedule.domain.grid(path_steps)
        super().__init__(
            student,
            torch.optim.AdamW(student.parameters(), lr, weight_decay=1e-6),
            generator=generator,
            minimise=minimise,
            steps=steps,
            course=half_cosine,
        )
        self.teacher = teacher
        self.path_steps = path_steps
        self.passes = passes
        self.chord = chord
        self.velocity = velocity
        self.fade = fade
        self.action = action
        self.w = w
        self.start_share = start_share

    def update(self, batch: Batch) -> dict[str, float]:
        """Learn from the batch's observations; its actions are not looked at."""
        with torch.no_grad():
            cond = self.teacher.encode(batch.obs)
            z = self.student.noise(1, cond, self.generator)[0]
            path = teacher_path(
                self.teacher, self.student.scale * z, cond, self.path_steps
            )
        for _ in range(self.passes):
            loss = self.loss(path, batch.obs, self._levels(path)).mean()
            self.descend(loss)
        self.end_update()
        calls = self.path_steps * self.updates
        return {"loss": loss.item(), "teacher_calls": float(calls)}

    def loss(self, path: FlowPath, obs: Obs, s: Tensor) -> Tensor:
        """L at the levels s of the paths, one value per example, (B,).

        Args:
            path: The teacher's paths.
            obs: The observations they were made for.
            s: Levels (B,); those equal to the path's first count as starts.
        """
        student, schedule = self.student, self.teacher.schedule
        x_s, v = point_at(path, s)
        t = times_at(schedule, s)
        x_t = to_noisy(x_s, *schedule(t))
        x = student.end(x_t, t, student.net.encode(obs))
        x_inst = x_s - expand(s, v) * v
        velocity = self.velocity * self.fade(self.progress)
        at_start = (s == path.s[0]) / self.start_share
        return (
            self.chord * slope_loss(x, path.end, s, self.w)
            + velocity * slope_loss(x, x_inst, s, self.w)
            + self.action * at_start * action_loss(x, path.end)
        )

    def _levels(self, path: FlowPath) -> Tensor:
        """Levels s (B,) that the schedule has: the path's first, or any."""
        schedule, like = self.teacher.schedule, path.x_s
        u, at_start = torch.rand(
            (2, like.shape[1]),
            generator=self.generator,
            device=like.device,
            dtype=like.dtype,
        )
        s = flow_level(*schedule(times_at(schedule, u)))
        return torch.where(at_start < self.start_share, path.s[0], s)
