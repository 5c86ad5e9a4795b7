"""The methods' settings as data: what a command line or a record of a run holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from onehop_interfaces import Teacher
from onehop_interfaces.acting import Head, x_at_t
from onehop_interfaces.drawing import copied
from onehop_interfaces.gain import MODEST, gain
from onehop_interfaces.learning import Run
from onehop_interfaces.options import NonNegative, Positive, Share, Size

from ._loss import Weight, as_ends, as_slopes
from ._meanflow import MeanFlow
from ._oneflow import OneFlow
from ._student import HEADS, Student, raw_as_velocity

__all__ = ["MeanFlowRecipe", "OneFlowRecipe"]

WEIGHTS: dict[str, Weight] = {f.__name__: f for f in (as_ends, as_slopes)}


@dataclass(frozen=True)
class OneFlowRecipe:
    """Learn the ends of the teacher's own paths: to keep all its ways; simple to train.

    `OneFlow` and its `Student`; see `onehop_interfaces.Recipe`.
    Velocity only: chord 0, action 0, hold_velocity. Action only: chord 0, velocity 0.
    """

    head: Literal["x_at_t", "raw_as_velocity"] | None = None
    """How the network is read; if not given as x_at_t, but as raw_as_velocity if it
    predicts eps."""
    nfe: Size = 1
    """Network calls per decision; training is the same for any number."""
    cold: bool = False
    """Start from fresh weights instead of the teacher's."""
    train_encoder: bool = False
    """Let the student's encoder learn too."""
    teacher_steps: Size = 10
    """Teacher calls per path, at most the schedule's own."""
    passes: Size = 4
    """Descents on each path."""
    chord: NonNegative = 1.0
    """Weight of the chord to the path's own end."""
    velocity: NonNegative = 1.0
    """Weight of the instantaneous velocity."""
    hold_velocity: bool = False
    """Keep that weight, instead of fading it out by half of the run."""
    action: NonNegative = 1.0
    """Weight of the terminal action loss."""
    w: Literal["as_ends", "as_slopes"] = "as_ends"
    """What counts alike at all levels: errors of ends, or of slopes."""
    start_share: Share = 0.5
    """Share of the points that is pure noise."""
    lr: Positive = 1e-4
    """AdamW's highest learning rate; it falls to zero as a cosine."""

    @property
    def weight(self) -> Weight:
        """The function that `w` names."""
        return WEIGHTS[self.w]

    def student(self, teacher: Teacher, generator: torch.Generator) -> Student:
        """A copy of the teacher, read as suits it."""
        net = copied(teacher, generator, self.cold)
        return Student(net, head=_head(teacher, self.head), nfe=self.nfe)

    def distiller(self, teacher: Teacher, run: Run) -> OneFlow:
        """The distiller, ready for its first update."""
        return OneFlow(teacher, self, run)


@dataclass(frozen=True)
class MeanFlowRecipe:
    """Learn mean velocities without paths: a baseline, weak on the tables of DDPM.

    `MeanFlow` and its `Student`; see `onehop_interfaces.Recipe`.
    """

    head: Literal["x_at_t", "raw_as_velocity"] | None = None
    """How the network is read; if not given as x_at_t, but as raw_as_velocity if it
    predicts eps."""
    nfe: Size = 1
    """Network calls per decision; training is the same for any number."""
    cold: bool = False
    """Start from fresh weights instead of the teacher's."""
    train_encoder: bool = False
    """Let the student's encoder learn too."""
    w: Literal["as_ends", "as_slopes"] = "as_ends"
    """What counts alike at all levels: errors of ends, or of slopes."""
    start_share: Share = 0.25
    """Share of the points at the noisiest time."""
    first_share: Share = 0.25
    """Share of the points at the cleanest time, where the ends are given."""
    lr: Positive = 1e-4
    """AdamW's highest learning rate; it falls to zero as a cosine."""

    @property
    def weight(self) -> Weight:
        """The function that `w` names."""
        return WEIGHTS[self.w]

    def student(self, teacher: Teacher, generator: torch.Generator) -> Student:
        """A copy of the teacher, read as suits it."""
        net = copied(teacher, generator, self.cold)
        return Student(net, head=_head(teacher, self.head), nfe=self.nfe)

    def distiller(self, teacher: Teacher, run: Run) -> MeanFlow:
        """The distiller, ready for its first update."""
        return MeanFlow(teacher, self, run)


def _head(teacher: Teacher, name: str | None) -> Head:
    """The head of that name, or the one that suits the teacher."""
    if name is None:
        eps = gain(teacher, teacher.schedule.domain.t_max) > MODEST
        return raw_as_velocity if eps else x_at_t
    return HEADS[name]
