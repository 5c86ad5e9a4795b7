"""MIP: two regressions by one network, in two calls.

    x_1 = f(0, 0),     x = f(x_1, t)                       a decision, without noise
    loss = || f(0, 0) - x ||^2 / t^2 + || f(x + (1 - t) eps, t) - x ||^2 / (1 - t)^2

with time running from 0 (nothing is known) to 1 (the chunk is), and t = .9. The first
call gives the mean; the second mends what is about .1 off, and leads from a mean
between modes as far as the network carries over what it learnt beside them. In a
teacher's clothes time 0 is its noisiest, and t the share 1 - t of its domain.

References:
    | Much Ado About Noising (ICLR 2026), minimal iterative policy
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Batch, Spaces, Teacher, number, settings
from onehop_interfaces.acting import Acting
from onehop_interfaces.learning import Run

from ._learner import Learner

if TYPE_CHECKING:
    from ._recipe import MIPRecipe

__all__ = ["MIP", "TwoCalls"]


class TwoCalls(Acting):
    """The policy: a network asked twice.

    Args:
        net: A network in a teacher's clothes; becomes the student's.
        t: Of the second call, between 0 and 1.

    Raises:
        BadInput: if t is not.
    """

    nfe = 2
    noise = ()

    def __init__(self, net: Teacher, t: float = 0.9) -> None:
        super().__init__()
        if not 0 < t < 1:
            raise BadInput(f"t: expected between 0 and 1, got {t:g}")
        self.net = net
        self.t = t

    @property
    def spaces(self) -> Spaces:
        """The network's."""
        return self.net

    def call(self, x: Tensor, t: float, cond: Tensor) -> Tensor:
        """f(x, t) given the condition, (B, H, S + A)."""
        share = x.new_full(x.shape[:1], 1 - t)
        return self.net.network(x, self.net.schedule.domain.at(share).to(x), cond)

    def generate(self, noise: Tensor, cond: Tensor) -> Tensor:
        """The chunks x (B, H, S + A); there is no noise."""
        nothing = cond.new_zeros(cond.shape[0], *self.signature.chunk)
        return self.call(self.call(nothing, 0.0, cond), self.t, cond)

    def config(self) -> dict[str, Any]:
        """The JSON that, with the network's own, rebuilds this student."""
        return {"t": self.t}

    @classmethod
    def from_config(cls, net: Teacher, config: Mapping[str, Any]) -> Self:
        """Rebuild a student around `net`; the weights are loaded after.

        Raises:
            BadInput: if the configuration is not one that `config` writes.
        """
        given = settings(config, "student config", ("t",))
        return cls(net, number(given["t"], "student t"))


class MIP(Learner[TwoCalls]):
    """The distiller; see `Learner`."""

    def __init__(
        self,
        teacher: Teacher,
        settings: MIPRecipe,
        run: Run,
        student: TwoCalls | None = None,
    ) -> None:
        student = student or settings.student(teacher, run.generator)
        super().__init__(teacher, settings, run, student)

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch."""
        cond, x = self.seen(batch)
        call, t = self.student.call, self.student.t
        first = (call(torch.zeros_like(x), 0.0, cond) - x).square().mean()
        off = x + (1 - t) * self.normal(x)
        second = (call(off, t, cond) - x).square().mean()
        loss = first / t**2 + second / (1 - t) ** 2
        self.descend(loss)
        return self.end_update(loss=loss, first=first, second=second)
