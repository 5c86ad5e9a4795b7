"""Acting: the one border between policies, which are functions, and the world.

    noise ~ N(0, I),     plan = policy.act(obs, noise)

`decide` looks at what comes from outside, draws what a decision takes, and builds no
graph. Students share what an act is, whatever their network:

    x = generate(noise, encode(obs)),     plan = denormalise(x)

and those that *are* the teacher's network, called once at a time t_init, share that
too. (An act may be traced: shapes are asked for as `x.shape[0]`, since `len(x)` would
become a constant.)

    x = head(net, x_t, t_init, cond),     x_t = temperature scale z,     z = noise

The input is scaled to the spread of the noisy marginal, sqrt(alpha_t^2 + sigma_t^2) for
data of unit variance, which is 1 for every variance-preserving schedule. Two heads are
in the literature:

* `raw_as_x`, SwiftPolicy: the network's raw output *is* the chunk. For a network that
  predicts eps this output looks like noise before training starts.
* `x_at_t`, OneDP: the denoised chunk. At the noisiest time an eps network's error is
  multiplied by sigma / alpha, about 2000 for the squared-cosine table, so OneDP takes
  t_init = 65 of 100 (EDM: sigma = 2.5).

For a network that predicts x the two are the same. A temperature of 0 makes a policy
deterministic (OneDP-D).

References:
    | SwiftPolicy, Algorithm 1: A_0 = eps_phi(z, O, T)
    | One-Step Diffusion Policy (Wang et al., 2024), section 3.2 and Eq. 8
    | https://arxiv.org/abs/2410.21257

This module needs torch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeAlias

import torch
from torch import Tensor, nn

from ._errors import BadInput, named
from ._policy import Chance, Obs, Policy, Signature
from ._settings import number, settings
from ._teacher import Spaces, Teacher
from .drawing import spread, standard_normal

__all__ = ["Acting", "Head", "OneCall", "decide", "raw_as_x", "x_at_t"]


@torch.no_grad()
def decide(policy: Policy, obs: Obs, generator: Chance = None) -> Tensor:
    """Plans (B, H, S + A) in the environment's units.

    Args:
        policy: Any.
        obs: Observations, each (B, n_obs, ...).
        generator: Source of all chance, for all rows or one for each; the same states
            give the same plans.

    Raises:
        BadInput: if `obs` does not fit the policy's signature.
    """
    policy.signature.check(obs)
    array = next(iter(obs.values()))
    like = torch.empty(len(array), *policy.noise, device=array.device)
    return policy.act(obs, _noise(like, generator))


def _noise(like: Tensor, generator: Chance) -> Tensor:
    """Standard normal numbers like (B, ..., H, S + A), a chunk after the other.

    So the first chunk of noise is the same for a teacher in a hundred steps and a
    student in one, which are then compared in pairs; and for one candidate and many.
    """
    if like.ndim < 4:
        return standard_normal(like, generator)
    return torch.stack([_noise(part, generator) for part in like.unbind(1)], 1)


class Acting(nn.Module, ABC):
    """A policy but for its `generate`; called, it decides."""

    nfe = 1

    @property
    @abstractmethod
    def spaces(self) -> Spaces:
        """The way between the world and x."""

    @abstractmethod
    def generate(self, noise: Tensor, cond: Tensor) -> Tensor:
        """The chunks x (B, H, S + A) that noise becomes; differentiable."""

    @property
    def signature(self) -> Signature:
        """That of its spaces."""
        return self.spaces.signature

    @property
    def noise(self) -> tuple[int, ...]:
        """(H, S + A)."""
        return self.signature.chunk

    def act(self, obs: Obs, noise: Tensor) -> Tensor:
        """See `onehop_interfaces.Policy`."""
        cond = self.spaces.encode(obs)
        return self.spaces.denormalise(self.generate(noise.to(cond), cond), obs)

    def forward(self, obs: Obs, generator: Chance = None) -> Tensor:
        """See `decide`."""
        return decide(self, obs, generator)


Head: TypeAlias = Callable[[Teacher, Tensor, Tensor, Tensor], Tensor]
"""(net, x_t, t, cond) -> x, with one network call."""


def raw_as_x(net: Teacher, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
    """SwiftPolicy's head: the raw network output, read as x."""
    return net.network(x_t, t, cond)


def x_at_t(net: Teacher, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
    """OneDP's head: the denoised chunk."""
    return net(x_t, t, cond)


HEADS: Mapping[str, Head] = {f.__name__: f for f in (raw_as_x, x_at_t)}


class OneCall(Acting):
    """A student that is the teacher's network, called once.

    Args:
        net: A network in a teacher's clothes: a copy of the teacher (warm start), or
            an untrained one with the same spaces (cold start). Becomes the student's.
        head: How the call's answer becomes a chunk.
        t_init: The time the network is called at; None for the schedule's noisiest.
        temperature: What z is multiplied by.

    Raises:
        BadInput: if t_init is no time of the schedule.
    """

    def __init__(
        self,
        net: Teacher,
        *,
        head: Head = x_at_t,
        t_init: float | None = None,
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        self.net = net
        self.head = head
        self.temperature = temperature
        domain = net.schedule.domain
        self.t_init = domain.t_max if t_init is None else t_init
        if not domain.t_min <= self.t_init <= domain.t_max:
            expected = f"{domain.t_min:g} to {domain.t_max:g}"
            raise BadInput(f"t_init: expected {expected}, got {self.t_init:g}")
        self.scale = spread(net.schedule, self.t_init)

    @property
    def spaces(self) -> Spaces:
        """The network's."""
        return self.net

    def generate(self, noise: Tensor, cond: Tensor) -> Tensor:
        """The chunks x (B, H, S + A) that z (B, H, S + A) becomes; differentiable."""
        t = noise.new_full(noise.shape[:1], self.t_init)
        return self.head(self.net, self.temperature * self.scale * noise, t, cond)

    def config(self) -> dict[str, Any]:
        """The JSON that, with the network's own, rebuilds this student."""
        return {
            "head": self.head.__name__,
            "t_init": self.t_init,
            "temperature": self.temperature,
        }

    @classmethod
    def from_config(cls, net: Teacher, config: Mapping[str, Any]) -> Self:
        """Rebuild a student around `net`; the weights are loaded after.

        Raises:
            BadInput: if the configuration is not one that `config` writes.
        """
        names = ("head", "t_init", "temperature")
        given = settings(config, "student config", names)
        return cls(
            net,
            head=named(HEADS, "student head", given["head"]),
            t_init=number(given["t_init"], "student t_init"),
            temperature=number(given["temperature"], "student temperature"),
        )
