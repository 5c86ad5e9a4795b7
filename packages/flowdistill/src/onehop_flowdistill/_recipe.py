"""The methods' settings as data: what a command line or a record of a run holds."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Literal

import torch

from onehop_interfaces import Minimise, Teacher, minimise
from onehop_interfaces.drawing import forget, seeded
from onehop_interfaces.gain import MODEST, gain
from onehop_interfaces.options import NonNegative, Positive, Share, Size

from ._loss import Weight, as_ends, as_slopes
from ._meanflow import MeanFlow
from ._oneflow import OneFlow, constant, fade_by_half
from ._student import Student

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
    path_steps: Size = 10
    """Teacher calls per path."""
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

    def distiller(
        self,
        teacher: Teacher,
        *,
        steps: int,
        generator: torch.Generator,
        minimise: Minimise = minimise,
    ) -> OneFlow:
        """The distiller, ready for its first update."""
        net = _network(teacher, self.cold, generator)
        return OneFlow(
            teacher,
            Student.from_config(net, _student(teacher, self.head, self.nfe)),
            steps=steps,
            generator=generator,
            lr=self.lr,
            path_steps=self.path_steps,
            passes=self.passes,
            chord=self.chord,
            velocity=self.velocity,
            fade=constant if self.hold_velocity else fade_by_half,
            action=self.action,
            w=WEIGHTS[self.w],
            start_share=self.start_share,
            minimise=minimise,
        )


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
    w: Literal["as_ends", "as_slopes"] = "as_ends"
    """What counts alike at all levels: errors of ends, or of slopes."""
    start_share: Share = 0.25
    """Share of the points at the noisiest time."""
    first_share: Share = 0.25
    """Share of the points at the cleanest time, where the ends are given."""
    lr: Positive = 1e-4
    """AdamW's highest learning rate; it falls to zero as a cosine."""

    def distiller(
        self,
        teacher: Teacher,
        *,
        steps: int,
        generator: torch.Generator,
        minimise: Minimise = minimise,
    ) -> MeanFlow:
        """The distiller, ready for its first update."""
        net = _network(teacher, self.cold, generator)
        return MeanFlow(
            teacher,
            Student.from_config(net, _student(teacher, self.head, self.nfe)),
            steps=steps,
            generator=generator,
            lr=self.lr,
            w=WEIGHTS[self.w],
            start_share=self.start_share,
            first_share=self.first_share,
            minimise=minimise,
        )


def _network(teacher: Teacher, cold: bool, generator: torch.Generator) -> Teacher:
    """A copy of the teacher; if `cold`, with weights as torch first makes them."""
    net = copy.deepcopy(teacher)
    if cold:
        with seeded(generator):
            forget(net)
    return net


def _student(teacher: Teacher, head: str | None, nfe: int) -> dict[str, Any]:
    """The student's configuration, with the head that suits the teacher if none is."""
    if head is None:
        eps = gain(teacher, teacher.schedule.domain.t_max) > MODEST
        head = "raw_as_velocity" if eps else "x_at_t"
    return {"head": head, "nfe": nfe}
