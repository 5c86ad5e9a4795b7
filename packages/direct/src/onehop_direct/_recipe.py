"""Settings as data: what a command line or a record of a run holds."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from onehop_interfaces import Teacher
from onehop_interfaces.acting import OneCall, raw_as_x
from onehop_interfaces.drawing import copied
from onehop_interfaces.learning import Run
from onehop_interfaces.options import Positive, Size

from ._drifting import Drifting
from ._mip import MIP, TwoCalls
from ._regression import Regression

__all__ = ["DirectOptions", "DriftingRecipe", "MIPRecipe", "RegressionRecipe"]


@dataclass(frozen=True, kw_only=True)
class DirectOptions:
    """Settings that all three have."""

    train_encoder: bool = False
    """Let the student's encoder learn too."""
    lr: Positive = 1e-3
    """Adam's learning rate, before it falls to zero as a cosine."""


@dataclass(frozen=True, kw_only=True)
class RegressionRecipe(DirectOptions):
    """The mean of the demonstrations in one call: no noise, no teacher, a baseline.

    `Regression`; see `onehop_interfaces.Recipe`.
    """

    def student(self, teacher: Teacher, generator: torch.Generator) -> OneCall:
        """The teacher's kind of network with fresh weights, asked without noise."""
        return OneCall(
            copied(teacher, generator, cold=True), head=raw_as_x, temperature=0.0
        )

    def distiller(self, teacher: Teacher, run: Run) -> Regression:
        """The distiller, ready for its first update."""
        return Regression(teacher, self, run)


@dataclass(frozen=True, kw_only=True)
class MIPRecipe(DirectOptions):
    """The mean, mended by a second call: no noise, no teacher, a baseline.

    `MIP`; see `onehop_interfaces.Recipe`.
    """

    t: Positive = 0.9
    """The second call's time, of 0 to 1."""

    def student(self, teacher: Teacher, generator: torch.Generator) -> TwoCalls:
        """The teacher's kind of network with fresh weights, asked twice."""
        return TwoCalls(copied(teacher, generator, cold=True), self.t)

    def distiller(self, teacher: Teacher, run: Run) -> MIP:
        """The distiller, ready for its first update."""
        return MIP(teacher, self, run)


@dataclass(frozen=True, kw_only=True)
class DriftingRecipe(DirectOptions):
    """Samples drift to the demonstrations and apart: one call, no teacher, a baseline.

    `Drifting`; see `onehop_interfaces.Recipe`.
    """

    samples: Size = 4
    """G, chunks of the student at an observation; at least 2."""
    tau: tuple[float, ...] = (0.02, 0.05, 0.2)
    """Temperatures of the affinity, in mean distances."""

    def student(self, teacher: Teacher, generator: torch.Generator) -> OneCall:
        """The teacher's kind of network with fresh weights."""
        return OneCall(copied(teacher, generator, cold=True), head=raw_as_x)

    def distiller(self, teacher: Teacher, run: Run) -> Drifting:
        """The distiller, ready for its first update.

        Raises:
            BadInput: if there are too few samples or no temperatures.
        """
        return Drifting(teacher, self, run)
