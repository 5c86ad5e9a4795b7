"""SwiftPolicy's settings as data: what a command line or a record of a run holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch

from onehop_interfaces import Teacher
from onehop_interfaces.acting import HEADS, OneCall
from onehop_interfaces.drawing import copied
from onehop_interfaces.gain import answers_x, time_within
from onehop_interfaces.learning import Run
from onehop_interfaces.options import Fractions, NonNegative, Positive

from ._loss import Weight, sigma_over_alpha, sigma_squared
from ._sds import SDS

__all__ = ["SDSRecipe"]

WEIGHTS: Mapping[str, Weight] = {
    f.__name__: f for f in (sigma_squared, sigma_over_alpha)
}

MOST_GAIN = 2.0
"""Where an eps network is called: about OneDP's 65 of 0..99, which has 1.7."""


@dataclass(frozen=True)
class SDSRecipe:
    """Climb to one mode of the teacher's density: the cheapest, the least diverse.

    `SDS`; see `onehop_interfaces.Recipe`.
    """

    head: Literal["raw_as_x", "x_at_t"] | None = None
    """How the network call becomes a chunk: SwiftPolicy's or OneDP's reading; if not
    given the first if the network predicts x, else the second."""
    t_init: float | None = None
    """The time of that call; if not given the schedule's noisiest, but where the error
    of an eps network counts at most twice in x_at_t."""
    temperature: NonNegative = 1.0
    """What z is multiplied by; 0 for a policy without chance (OneDP-D)."""
    cold: bool = False
    """Start from fresh weights instead of the teacher's."""
    train_encoder: bool = False
    """Let the student's encoder learn too."""
    w: Literal["sigma_squared", "sigma_over_alpha"] = "sigma_squared"
    """The weight w(t): SwiftPolicy's, or the one that counts all times alike."""
    lr: Positive = 2e-4
    """Adam's learning rate, before it falls to zero as a cosine."""
    t_range: Fractions = (0.02, 0.95)
    """The part of the schedule's domain that t is drawn from."""

    @property
    def weight(self) -> Weight:
        """The function that `w` names."""
        return WEIGHTS[self.w]

    def distiller(self, teacher: Teacher, run: Run) -> SDS:
        """The distiller, ready for its first update."""
        return SDS(teacher, self, run)

    def student(self, teacher: Teacher, generator: torch.Generator) -> OneCall:
        """A copy of the teacher, with what suits it filled in."""
        net = copied(teacher, generator, self.cold)
        t_max = teacher.schedule.domain.t_max
        head = self.head or ("raw_as_x" if answers_x(teacher, t_max) else "x_at_t")
        t_init = self.t_init
        if t_init is None:
            t_init = time_within(teacher, MOST_GAIN) if head == "x_at_t" else t_max
        how = {"t_init": t_init, "temperature": self.temperature}
        return OneCall(net, head=HEADS[head], **how)
