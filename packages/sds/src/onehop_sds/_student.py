"""The student: the teacher's own network, called once.

    x = head(net, x_t, t_init, cond),     x_t = scale z

with z standard normal, or zero (OneDP-D). Two heads are in the literature:

* `raw_as_x`, SwiftPolicy: the network's raw output at t_init = T *is* the chunk. For an
  eps-predicting teacher this output looks like noise before training starts.
* `x_at_t`, OneDP: the denoised chunk at a fixed t_init. At t_init = T an eps network's
  error is multiplied by sigma_T / alpha_T, about 2000 for the squared-cosine table, so
  OneDP takes t_init = 65 of 100 (EDM: sigma = 2.5).

For a network that predicts x the two heads are the same. The input is scaled to the
spread of the noisy marginal, sqrt(alpha_t^2 + sigma_t^2) for data of unit variance,
which is 1 for every variance-preserving schedule.

References:
    | SwiftPolicy, Algorithm 1: A_0 = eps_phi(z, O, T)
    | One-Step Diffusion Policy (Wang et al., 2024), section 3.2 and Eq. 8
    | https://arxiv.org/abs/2410.21257
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Chance, Obs, Teacher, named, number, settings
from onehop_interfaces.drawing import standard_normal

__all__ = ["DrawZ", "Head", "Student", "normal_z", "raw_as_x", "x_at_t", "zero_z"]

Head: TypeAlias = Callable[[Teacher, Tensor, Tensor, Tensor], Tensor]
"""(net, x_t, t, cond) -> x, with one network call."""

DrawZ: TypeAlias = Callable[[Tensor, Chance], Tensor]
"""(chunks (B, H, A) whose shape, type and device are wanted, generator) -> z."""


def raw_as_x(net: Teacher, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
    """SwiftPolicy's head: the raw network output, read as x."""
    return net.network(x_t, t, cond)


def x_at_t(net: Teacher, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
    """OneDP's head: the denoised chunk."""
    return net(x_t, t, cond)


def normal_z(like: Tensor, generator: Chance) -> Tensor:
    """z ~ N(0, I), drawn on the generator's device."""
    return standard_normal(like, generator)


def zero_z(like: Tensor, generator: Chance) -> Tensor:
    """z = 0: a deterministic policy (OneDP-D)."""
    return torch.zeros_like(like)


HEADS: Mapping[str, Head] = {f.__name__: f for f in (raw_as_x, x_at_t)}
DRAWS: Mapping[str, DrawZ] = {f.__name__: f for f in (normal_z, zero_z)}


class Student(nn.Module):
    """A policy that decides in one network call.

    Args:
        net: A network in a teacher's clothes: a copy of the teacher (warm start), or
            an untrained one with the same spaces (cold start). Becomes the student's.
        head: How the call's answer becomes a chunk.
        t_init: The time the network is called at; None for the schedule's noisiest.
        draw_z: Where z comes from.
    """

    nfe = 1

    def __init__(
        self,
        net: Teacher,
        *,
        head: Head = raw_as_x,
        t_init: float | None = None,
        draw_z: DrawZ = normal_z,
    ) -> None:
        super().__init__()
        self.net = net
        self.signature = net.signature
        self.head = head
        self.draw_z = draw_z
        domain = net.schedule.domain
        self.t_init = domain.t_max if t_init is None else t_init
        if not domain.t_min <= self.t_init <= domain.t_max:
            expected = f"{domain.t_min:g} to {domain.t_max:g}"
            raise BadInput(f"t_init: expected {expected}, got {self.t_init:g}")
        levels = net.schedule(torch.tensor([self.t_init]))
        self.scale = float(torch.stack(levels).norm())

    def z(self, cond: Tensor, generator: Chance = None) -> Tensor:
        """One z (B, H, A) per condition, drawn by `draw_z`."""
        shape = (len(cond), self.signature.horizon, self.signature.action_dim)
        return self.draw_z(cond.new_empty(shape), generator)

    def generate(self, z: Tensor, cond: Tensor) -> Tensor:
        """The chunks x (B, H, A) that z (B, H, A) becomes; differentiable."""
        t = z.new_full((len(z),), self.t_init)
        return self.head(self.net, self.scale * z, t, cond)

    @torch.inference_mode()
    def forward(self, obs: Obs, generator: Chance = None) -> Tensor:
        """Decide; see `onehop_interfaces.Policy`."""
        self.signature.check(obs)
        cond = self.net.encode(obs)
        return self.net.denormalise(self.generate(self.z(cond, generator), cond), obs)

    def config(self) -> dict[str, Any]:
        """The JSON that, with the network's own, rebuilds this student."""
        return {
            "head": self.head.__name__,
            "t_init": self.t_init,
            "draw_z": self.draw_z.__name__,
        }

    @classmethod
    def from_config(cls, net: Teacher, config: Mapping[str, Any]) -> Student:
        """Rebuild a student around `net`; the weights are loaded after.

        Raises:
            BadInput: if the configuration is not one that `config` writes.
        """
        given = settings(config, "student config", ("head", "t_init", "draw_z"))
        t_init = given["t_init"]
        return cls(
            net,
            head=named(HEADS, "student head", given["head"]),
            t_init=None if t_init is None else number(t_init, "student t_init"),
            draw_z=named(DRAWS, "student draw_z", given["draw_z"]),
        )
