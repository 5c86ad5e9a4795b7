"""The student: a network in the teacher's clothes, read as a map to the path's end.

From any point (x~, s) of a path the student says where the path ends, x_0; the slope of
the chord to it is u = (x~ - x_0) / s. One call at the noisiest time is a decision. With
n calls, at s = 1, (n-1)/n, ..., 1/n as nearly as the schedule allows, the end found is
noised anew in between,

    x_0 = end(x~, s),     x~' = (1 - s') x_0 + s' eps,     eps fresh,

which leaves the distribution of a perfect student as it is and lets a later call mend
what an earlier one got wrong. (Going on along the chord instead would leave the
teacher's marginals: x_0 and z are not independent.)

Two heads read the network:

* `x_at_t`: the denoised chunk; for networks that predict x or v, or are preconditioned.
* `raw_as_velocity`: the raw output is u, so x_0 = x~ - s u; for networks that predict
  eps or eps - x. An eps network's denoised chunk is (x~ - s eps) / (1 - s), and at
  the end of DDPM's table the denominator is 5e-4. Leaving it out makes a map that
  can be learned, and is still nearly the teacher's at small s.

The first input is z scaled to the spread of the noisy marginal, as where a sampler
of the teacher starts: the same z leads teacher and student to the same end.

References:
    | Consistency Models (Song et al., 2023), Algorithm 1, for the steps between
    | https://arxiv.org/abs/2303.01469
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from onehop_interfaces import (
    BadInput,
    Spaces,
    Teacher,
    expand,
    named,
    noisy,
    settings,
    whole,
)
from onehop_interfaces.acting import Acting, Head, x_at_t
from onehop_interfaces.drawing import spread

from ._coordinates import flow_level, times_at, to_flow

__all__ = ["Student", "raw_as_velocity"]


def raw_as_velocity(net: Teacher, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
    """x~ - s u, with the raw network output for u."""
    levels = net.schedule(t)
    s = expand(flow_level(*levels), x_t)
    return to_flow(x_t, *levels) - s * net.network(x_t, t, cond)


HEADS: Mapping[str, Head] = {f.__name__: f for f in (x_at_t, raw_as_velocity)}

MOST_CALLS = 1000
"""Per decision of a student that is read from a file."""


class Student(Acting):
    """A policy that decides in one network call, or a few.

    Args:
        net: A network in a teacher's clothes: a copy of the teacher (warm start), or
            an untrained one with the same spaces (cold start). Becomes the student's.
        head: How the call's answer becomes the path's end.
        nfe: Calls per decision.
    """

    def __init__(self, net: Teacher, *, head: Head = x_at_t, nfe: int = 1) -> None:
        super().__init__()
        if nfe < 1:
            raise BadInput(f"student nfe: expected at least 1, got {nfe}")
        self.net = net
        self.head = head
        self.nfe = nfe
        self.scale = spread(net.schedule)
        s = torch.tensor([1 - i / nfe for i in range(1, nfe)])
        self.times = [net.schedule.domain.t_max, *times_at(net.schedule, s).tolist()]

    @property
    def spaces(self) -> Spaces:
        """The network's."""
        return self.net

    @property
    def noise(self) -> tuple[int, ...]:
        """(nfe, H, S + A): z, and what is added before each later call."""
        return self.nfe, *self.signature.chunk

    def with_nfe(self, nfe: int) -> Student:
        """The same student, network and all, deciding in `nfe` calls."""
        return Student(self.net, head=self.head, nfe=nfe)

    def end(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """Where the path through x_t (B, H, A) at t (B,) ends; differentiable."""
        return self.head(self.net, x_t, t, cond)

    def generate(self, noise: Tensor, cond: Tensor) -> Tensor:
        """The chunks x (B, H, S + A) that noise (B, nfe, H, S + A) becomes."""
        z, *later = noise.unbind(1)
        first, *times = [z.new_full(z.shape[:1], t) for t in self.times]
        x = self.end(self.scale * z, first, cond)
        for t, eps in zip(times, later, strict=True):
            x = self.end(noisy(x, eps, *self.net.schedule(t)), t, cond)
        return x

    def config(self) -> dict[str, Any]:
        """The JSON that, with the network's own, rebuilds this student."""
        return {"head": self.head.__name__, "nfe": self.nfe}

    @classmethod
    def from_config(cls, net: Teacher, config: Mapping[str, Any]) -> Student:
        """Rebuild a student around `net`; the weights are loaded after.

        Raises:
            BadInput: if the configuration is not one that `config` writes.
        """
        given = settings(config, "student config", ("head", "nfe"))
        return cls(
            net,
            head=named(HEADS, "student head", given["head"]),
            nfe=whole(given["nfe"], "student nfe", 1, MOST_CALLS),
        )
