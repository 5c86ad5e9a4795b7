"""The student: the teacher's own network as a consistency function.

A jump along the probability-flow ODE from t to s is DDIM's step with a chunk g that the
network makes in the place of the denoised one:

    x_s = G(x_t, t, s) = c_skip x_t + c_out g(x_t, t, s, cond)
    c_skip = sigma_s / sigma_t,     c_out = alpha_s - alpha_t sigma_s / sigma_t

At s = t the factors are (1, 0) to the last bit: the boundary condition holds for every
schedule. For alpha = 1 it is Consistency Trajectory's (s/t) x_t + (1 - s/t) g. The
consistency function is the jump to the cleanest time, without its signal level:

    f(x_t, t) = G(x_t, t, t_min) / alpha_min,     f(x_t, t_min) = x_t / alpha_min

and so equals one DDIM step when the network is still the teacher's. Written for the
denoised chunk, the c_out of Song et al. is this one, 1 - r_min / r; their c_skip
differs from r_min / r, as does LCM's, by what vanishes with r_min.

A decision takes one call, f(x_T, T), or a chain: noise the chunk again, to a cleaner
time, and call f there. f's answer still holds noise of r_min, so what is added to it is

    x_s = alpha_s ( x + sqrt(r_s^2 - r_min^2) z )

References:
    | Consistency Models (Song et al., 2023), algorithm 1 and appendix C
    | https://arxiv.org/abs/2303.01469
    | Consistency Trajectory Models (Kim et al., 2024), equation 4
    | https://arxiv.org/abs/2310.02279
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from onehop_interfaces import (
    Spaces,
    Teacher,
    expand,
    named,
    noisy,
    number,
    settings,
    whole,
)
from onehop_interfaces.acting import HEADS, Acting, Head, x_at_t
from onehop_interfaces.drawing import spread

from ._stop import StopTime
from ._times import ladder, part_below

__all__ = ["Student"]

MOST_CALLS = 1000
"""Per decision of a student that is read from a file."""


class Student(Acting):
    """A policy that decides in `nfe` network calls.

    Args:
        net: A network in a teacher's clothes: a copy of the teacher (warm start), or
            an untrained one with the same spaces (cold start). Becomes the student's.
        nfe: Network calls per decision.
        t_init: The time a decision starts at; None for the schedule's noisiest.
        head: How a call's answer becomes a chunk.
        stop: What tells the network where a jump ends, for a trajectory model; None
            for a consistency model, whose jumps all end at the cleanest time.
    """

    def __init__(
        self,
        net: Teacher,
        *,
        nfe: int = 1,
        t_init: float | None = None,
        head: Head = x_at_t,
        stop: StopTime | None = None,
    ) -> None:
        super().__init__()
        self.net = net
        self.schedule = net.schedule
        self.head = head
        self.stop = stop
        whole = net.schedule.domain
        self.domain = part_below(whole, whole.t_max if t_init is None else t_init)
        self.times = ladder(self.domain, nfe)[:0:-1]
        self.nfe = len(self.times)
        self.scale = spread(net.schedule, self.domain.t_max)

    @property
    def spaces(self) -> Spaces:
        """The network's."""
        return self.net

    @property
    def noise(self) -> tuple[int, ...]:
        """(nfe, H, S + A): z, and what is added before each later call."""
        return self.nfe, *self.signature.chunk

    def chunk(self, x_t: Tensor, t: Tensor, s: Tensor, cond: Tensor) -> Tensor:
        """g, the chunk (B, H, A) that the jump from t to s aims at."""
        if self.stop is None:
            return self.head(self.net, x_t, t, cond)
        levels = (*self.schedule(t), *self.schedule(s))
        change: tuple[Tensor, Tensor] = self.stop(x_t, cond, *levels)
        delta_cond, delta_x = change
        return self.head(self.net, x_t, t, cond + delta_cond) + delta_x

    def jump(self, x_t: Tensor, t: Tensor, s: Tensor, cond: Tensor) -> Tensor:
        """G, the noisy chunk (B, H, A) at s on the path through x_t at t."""
        (alpha_t, sigma_t), (alpha_s, sigma_s) = self.schedule(t), self.schedule(s)
        c_skip = sigma_s / sigma_t
        c_out = alpha_s - alpha_t * c_skip
        g = self.chunk(x_t, t, s, cond)
        return noisy(g, x_t, c_out, c_skip)

    def consistency(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """f, the chunk (B, H, A) at the clean end of the path through x_t at t."""
        t_min = torch.full_like(t, self.domain.t_min)
        alpha_min = self.schedule(t_min)[0]
        return self.jump(x_t, t, t_min, cond) / expand(alpha_min, x_t)

    def renoise(self, x: Tensor, eps: Tensor, s: Tensor) -> Tensor:
        """Chunks x that `consistency` made, noised to s by eps; all (B, H, A)."""
        alpha_min, sigma_min = self.schedule(torch.full_like(s, self.domain.t_min))
        alpha_s, sigma_s = self.schedule(s)
        missing = (sigma_s**2 - (alpha_s * sigma_min / alpha_min) ** 2).sqrt()
        return noisy(x, eps, alpha_s, missing)

    def generate(self, noise: Tensor, cond: Tensor) -> Tensor:
        """The chunks x (B, H, S + A) that noise (B, nfe, H, S + A) becomes."""
        z, *later = noise.unbind(1)
        times = [z.new_full(z.shape[:1], t) for t in self.times]
        x = self.consistency(self.scale * z, times[0], cond)
        for s, eps in zip(times[1:], later, strict=True):
            x = self.consistency(self.renoise(x, eps, s), s, cond)
        return x

    def config(self) -> dict[str, Any]:
        """The JSON that, with the network's own, rebuilds this student."""
        return {
            "nfe": self.nfe,
            "t_init": self.domain.t_max,
            "head": self.head.__name__,
            "stop": None if self.stop is None else self.stop.config(),
        }

    @classmethod
    def from_config(cls, net: Teacher, config: Mapping[str, Any]) -> Student:
        """Rebuild a student around `net`; the weights are loaded after.

        Raises:
            BadInput: if the configuration is not one that `config` writes.
        """
        names = ("nfe", "t_init", "head", "stop")
        given = settings(config, "student config", names)
        stop = given["stop"]
        return cls(
            net,
            nfe=whole(given["nfe"], "student nfe", 1, MOST_CALLS),
            t_init=number(given["t_init"], "student t_init"),
            head=named(HEADS, "student head", given["head"]),
            stop=None if stop is None else StopTime.from_config(net.signature, stop),
        )
