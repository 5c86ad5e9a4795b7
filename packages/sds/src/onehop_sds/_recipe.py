"""SwiftPolicy's settings as data: what a command line or a record of a run holds."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Literal

import torch

from onehop_interfaces import Minimise, Teacher, minimise
from onehop_interfaces.drawing import forget, seeded
from onehop_interfaces.gain import MODEST, gain, time_within
from onehop_interfaces.options import Fractions, Positive

from ._loss import Weight, sigma_over_alpha, sigma_squared
from ._sds import SDS
from ._student import Student

__all__ = ["SDSRecipe"]

WEIGHTS: dict[str, Weight] = {f.__name__: f for f in (sigma_squared, sigma_over_alpha)}

MOST_GAIN = 2.0
"""Where an eps network is called: about OneDP's 65 of 0..99, which has 1.7."""


@dataclass(frozen=True)
class SDSRecipe:
    """Climb to one mode of the teacher's density: the cheapest, the least diverse.

    `SDS` and its `Student`; see `onehop_interfaces.Recipe`.
    """

    head: Literal["raw_as_x", "x_at_t"] | None = None
    """How the network call becomes a chunk: SwiftPolicy's or OneDP's reading; if not
    given the first, but the second for a network that predicts eps."""
    t_init: float | None = None
    """The time of that call; if not given the schedule's noisiest, but where the error
    of an eps network counts at most twice in x_at_t."""
    draw_z: Literal["normal_z", "zero_z"] = "normal_z"
    """Standard normal z, or zero (OneDP-D)."""
    cold: bool = False
    """Start from fresh weights instead of the teacher's."""
    w: Literal["sigma_squared", "sigma_over_alpha"] = "sigma_squared"
    """The weight w(t): SwiftPolicy's, or the one that counts all times alike."""
    lr: Positive = 2e-4
    """Adam's learning rate, before it falls to zero as a cosine."""
    t_range: Fractions = (0.02, 0.95)
    """The part of the schedule's domain that t is drawn from."""

    def distiller(
        self,
        teacher: Teacher,
        *,
        steps: int,
        generator: torch.Generator,
        minimise: Minimise = minimise,
    ) -> SDS:
        """The distiller, ready for its first update."""
        net = copy.deepcopy(teacher)
        if self.cold:
            with seeded(generator):
                forget(net)
        return SDS(
            teacher,
            Student.from_config(net, self._student(teacher)),
            generator=generator,
            steps=steps,
            lr=self.lr,
            w=WEIGHTS[self.w],
            t_range=self.t_range,
            minimise=minimise,
        )

    def _student(self, teacher: Teacher) -> dict[str, Any]:
        """The student's configuration, with what suits the teacher filled in."""
        t_max = teacher.schedule.domain.t_max
        head = self.head or ("x_at_t" if gain(teacher, t_max) > MODEST else "raw_as_x")
        t_init = self.t_init
        if t_init is None:
            t_init = time_within(teacher, MOST_GAIN) if head == "x_at_t" else t_max
        return {"head": head, "t_init": t_init, "draw_z": self.draw_z}
