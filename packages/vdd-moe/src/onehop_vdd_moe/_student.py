"""The policy: one network call to a mixture of experts, one expert, its mean.

    mixture = experts(encode(obs))
    k       ~ pi, or argmax pi               `sampled_expert`, `likeliest_expert`
    x       = mu_k, or mu_k + L_k eps        `expert_mean`, `expert_sample`

The paper samples an expert (or takes the likeliest) and acts by its mean. Unlike a
sampler's output, the density q(x | cond) behind the decision is known exactly. The
noise of a decision is K numbers that choose and D that spread, whether or not both are
used.

References:
    | Variational Distillation of Diffusion Policies into Mixture of Experts
    | (Zhou et al., 2024) | https://arxiv.org/abs/2406.12538
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from math import prod
from typing import Any, TypeAlias, cast, get_args

import torch
from torch import Tensor, nn

from onehop_interfaces import (
    BadInput,
    Obs,
    Spaces,
    Teacher,
    named,
    number,
    settings,
    whole,
)
from onehop_interfaces.acting import Acting
from onehop_interfaces.spaces import cond_dim, spaces_of

from ._experts import Experts, Network, Start
from ._mixture import Mixture

__all__ = [
    "Choose",
    "Draw",
    "Student",
    "expert_mean",
    "expert_sample",
    "likeliest_expert",
    "sampled_expert",
]

Choose: TypeAlias = Callable[[Mixture, Tensor], Tensor]
"""(mixture, z (B, K)) -> the number of an expert per row, (B,)."""

Draw: TypeAlias = Callable[[Mixture, Tensor, Tensor], Tensor]
"""(mixture, experts (B,), eps (B, D)) -> flat chunks (B, D)."""


def sampled_expert(mixture: Mixture, z: Tensor) -> Tensor:
    """k ~ pi: all that the teacher does, as often as it does it.

    By the Gumbel-max trick: argmax_k log pi_k - log(-log u_k), with u_k = Phi(z_k)
    uniform.
    """
    gumbel: Tensor = -(-torch.special.log_ndtr(z)).log()
    return (mixture.log_weights + gumbel).argmax(-1)


def likeliest_expert(mixture: Mixture, z: Tensor) -> Tensor:
    """k = argmax pi: deterministic."""
    return mixture.log_weights.argmax(-1)


def expert_mean(mixture: Mixture, k: Tensor, eps: Tensor) -> Tensor:
    """x = mu_k, the paper's choice: the spread within an expert is taken for noise."""
    index = k[:, None, None].expand(-1, 1, mixture.means.shape[2])
    return mixture.means.gather(1, index)[:, 0]


def expert_sample(mixture: Mixture, k: Tensor, eps: Tensor) -> Tensor:
    """X ~ N(mu_k, L_k L_k^T): with `sampled_expert`, an exact sample of q."""
    index = k[:, None, None, None].expand(-1, 1, *mixture.chols.shape[2:])
    chol = mixture.chols.gather(1, index)[:, 0]
    return expert_mean(mixture, k, eps) + (chol * eps[:, None]).sum(-1)


CHOOSE: Mapping[str, Choose] = {
    f.__name__: f for f in (sampled_expert, likeliest_expert)
}
DRAW: Mapping[str, Draw] = {f.__name__: f for f in (expert_mean, expert_sample)}


class Student(Acting):
    """A policy whose action density is a mixture of Gaussians.

    Args:
        net: The teacher, or a network in its clothes. Copied without the parts that
            denoise: the encoder and the normalisation stay, frozen.
        experts: What is trained.
        choose: How an expert is chosen.
        draw: How a chunk is drawn from it.
    """

    def __init__(
        self,
        net: Teacher,
        experts: Experts,
        *,
        choose: Choose = sampled_expert,
        draw: Draw = expert_mean,
    ) -> None:
        super().__init__()
        self.kept = cast(nn.Module, spaces_of(net))
        self.experts = experts
        self.choose = choose
        self.draw = draw

    @property
    def spaces(self) -> Spaces:
        """The teacher's."""
        return cast(Spaces, self.kept)

    @property
    def noise(self) -> tuple[int, ...]:
        """(K + D,)."""
        return (self.experts.network.experts + self.experts.dim,)

    def mixture(self, obs: Obs) -> Mixture:
        """The mixture over flattened chunks x for each observation."""
        mixture: Mixture = self.experts(self.spaces.encode(obs))
        return mixture

    def log_prob(self, x: Tensor, cond: Tensor) -> Tensor:
        """log q(x | cond), (B,), exact, of chunks x (B, H, A), given (B, C)."""
        mixture: Mixture = self.experts(cond)
        return mixture.log_prob(x.flatten(1)[:, None])[:, 0]

    def expert(self, obs: Obs, noise: Tensor) -> Tensor:
        """The number of the expert that noise (B, K + D) chooses, (B,)."""
        mixture = self.mixture(obs)
        return self.choose(mixture, noise[:, : -self.experts.dim])

    def generate(self, noise: Tensor, cond: Tensor) -> Tensor:
        """The chunks x (B, H, S + A) that noise (B, K + D) becomes."""
        mixture: Mixture = self.experts(cond)
        z, eps = noise[:, : -self.experts.dim], noise[:, -self.experts.dim :]
        x = self.draw(mixture, self.choose(mixture, z), eps)
        return x.view(-1, *self.signature.chunk)

    def config(self) -> dict[str, Any]:
        """The JSON that, with the teacher's own, rebuilds this student."""
        return {
            "network": dataclasses.asdict(self.experts.network),
            "choose": self.choose.__name__,
            "draw": self.draw.__name__,
        }

    @classmethod
    def from_config(cls, net: Teacher, config: Mapping[str, Any]) -> Student:
        """Rebuild a student with the spaces of `net`; the weights are loaded after.

        Raises:
            BadInput: if the configuration is not one that `config` writes.
        """
        given = settings(config, "student config", ("network", "choose", "draw"))
        network, signature = _network(given["network"]), net.signature
        dim, width = prod(signature.chunk), signature.chunk[1]
        return cls(
            net,
            Experts(cond_dim(net), dim, network, width, net),
            choose=named(CHOOSE, "student choose", given["choose"]),
            draw=named(DRAW, "student draw", given["draw"]),
        )


def _network(config: Any) -> Network:
    fields = dataclasses.fields(Network)
    names = [field.name for field in fields if field.name != "start"]
    given = settings(config, "student network", names, {"start": "fresh"})
    if given["start"] not in get_args(Start):
        raise BadInput(f"student network start: expected one of {get_args(Start)}")
    for field in fields:
        if field.name == "start":
            continue
        value, what = given[field.name], f"student network {field.name}"
        if type(field.default) is int:
            whole(value, what, 1, 2**31)
        elif field.name == "std" and value is None:
            continue
        elif not number(value, what) > 0:
            raise BadInput(f"{what}: expected above 0, got {value}")
    return Network(**given)
