"""The policy: one network call to a mixture of experts, one expert, its mean.

    mixture = experts(encode(obs))
    k       ~ pi, or argmax pi               `sampled_expert`, `likeliest_expert`
    x       = mu_k, or mu_k + L_k eps        `expert_mean`, `expert_sample`

The paper samples an expert (or takes the likeliest) and acts by its mean. Unlike a
sampler's output, the density q(x | cond) behind the decision is known exactly.

References:
    | Variational Distillation of Diffusion Policies into Mixture of Experts
    | (Zhou et al., 2024) | https://arxiv.org/abs/2406.12538
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from onehop_interfaces import (
    BadInput,
    Chance,
    Obs,
    Teacher,
    named,
    number,
    settings,
    whole,
)
from onehop_interfaces.drawing import standard_normal
from onehop_interfaces.spaces import cond_dim, spaces_of

from ._experts import Experts, Network
from ._mixture import Mixture

__all__ = [
    "Act",
    "Choose",
    "Student",
    "expert_mean",
    "expert_sample",
    "likeliest_expert",
    "sampled_expert",
]

Choose: TypeAlias = Callable[[Mixture, Chance], Tensor]
"""(mixture, generator) -> the number of an expert per row, (B,)."""

Act: TypeAlias = Callable[[Mixture, Tensor, Chance], Tensor]
"""(mixture, experts (B,), generator) -> flat chunks (B, D)."""


def sampled_expert(mixture: Mixture, generator: Chance) -> Tensor:
    """k ~ pi: all that the teacher does, as often as it does it.

    By the Gumbel-max trick: argmax_k log pi_k - log(-log u_k), with u_k uniform.
    """
    z = standard_normal(mixture.log_weights, generator)
    gumbel: Tensor = -(-torch.special.log_ndtr(z)).log()
    return (mixture.log_weights + gumbel).argmax(-1)


def likeliest_expert(mixture: Mixture, generator: Chance) -> Tensor:
    """k = argmax pi: deterministic."""
    return mixture.log_weights.argmax(-1)


def expert_mean(mixture: Mixture, k: Tensor, generator: Chance) -> Tensor:
    """x = mu_k, the paper's choice: the spread within an expert is taken for noise."""
    return mixture.means[torch.arange(len(k), device=k.device), k]


def expert_sample(mixture: Mixture, k: Tensor, generator: Chance) -> Tensor:
    """X ~ N(mu_k, L_k L_k^T): with `sampled_expert`, an exact sample of q."""
    rows = torch.arange(len(k), device=k.device)
    mean, chol = mixture.means[rows, k], mixture.chols[rows, k]
    eps = standard_normal(mean, generator)
    return mean + (chol * eps[:, None]).sum(-1)


CHOOSE: Mapping[str, Choose] = {
    f.__name__: f for f in (sampled_expert, likeliest_expert)
}
ACT: Mapping[str, Act] = {f.__name__: f for f in (expert_mean, expert_sample)}


class Student(nn.Module):
    """A policy whose action density is a mixture of Gaussians.

    Args:
        net: The teacher, or a network in its clothes. Copied without the parts that
            denoise: the encoder and the normalisation stay, frozen.
        experts: What is trained.
        choose: How an expert is chosen.
        act: How a chunk is drawn from it.
    """

    nfe = 1

    def __init__(
        self,
        net: Teacher,
        experts: Experts,
        *,
        choose: Choose = sampled_expert,
        act: Act = expert_mean,
    ) -> None:
        super().__init__()
        self.spaces = spaces_of(net)
        self.signature = net.signature
        self.experts = experts
        self.choose = choose
        self.act = act

    @torch.no_grad()
    def encode(self, obs: Obs) -> Tensor:
        """Conditions (B, C) of observations; not differentiable."""
        return self.spaces.encode(obs)

    @torch.no_grad()
    def normalise(self, actions: Tensor, obs: Obs) -> Tensor:
        """Actions to chunks x, both (B, H, A); not differentiable."""
        return self.spaces.normalise(actions, obs)

    def mixture(self, obs: Obs) -> Mixture:
        """The mixture over flattened chunks x for each observation."""
        mixture: Mixture = self.experts(self.encode(obs))
        return mixture

    def log_prob(self, x: Tensor, cond: Tensor) -> Tensor:
        """log q(x | cond), (B,), exact, of chunks x (B, H, A), given (B, C)."""
        mixture: Mixture = self.experts(cond)
        return mixture.log_prob(x.flatten(1)[:, None])[:, 0]

    @torch.inference_mode()
    def decide(self, obs: Obs, generator: Chance = None) -> tuple[Tensor, Tensor]:
        """Decide, and tell which expert did: actions (B, H, A) and experts (B,)."""
        self.signature.check(obs)
        mixture = self.mixture(obs)
        k = self.choose(mixture, generator)
        x = self.act(mixture, k, generator)
        shape = (len(x), self.signature.horizon, self.signature.action_dim)
        return self.spaces.denormalise(x.view(shape), obs), k

    def forward(self, obs: Obs, generator: Chance = None) -> Tensor:
        """Decide; see `onehop_interfaces.Policy`."""
        return self.decide(obs, generator)[0]

    def with_experts(self, experts: Experts) -> Student:
        """The same policy by other experts."""
        return Student(self.spaces, experts, choose=self.choose, act=self.act)

    def config(self) -> dict[str, Any]:
        """The JSON that, with the teacher's own, rebuilds this student."""
        return {
            "network": dataclasses.asdict(self.experts.network),
            "choose": self.choose.__name__,
            "act": self.act.__name__,
        }

    @classmethod
    def from_config(
        cls,
        net: Teacher,
        config: Mapping[str, Any],
        backbone: nn.Module | None = None,
    ) -> Student:
        """Rebuild a student with the spaces of `net`; the weights are loaded after.

        Args:
            net: Like the teacher the student was made from.
            config: What `config` wrote.
            backbone: The experts' backbone, if it is not the MLP.

        Raises:
            BadInput: if the configuration is not one that `config` writes.
        """
        given = settings(config, "student config", ("network", "choose", "act"))
        network = _network(given["network"])
        signature = net.signature
        dim = signature.horizon * signature.action_dim
        return cls(
            net,
            Experts(cond_dim(net), dim, network, backbone, signature.action_dim),
            choose=named(CHOOSE, "student choose", given["choose"]),
            act=named(ACT, "student act", given["act"]),
        )


def _network(config: Any) -> Network:
    fields = dataclasses.fields(Network)
    given = settings(config, "student network", [field.name for field in fields])
    for field in fields:
        value, what = given[field.name], f"student network {field.name}"
        if type(field.default) is int:
            whole(value, what, 1, 2**31)
        elif field.name == "std" and value is None:
            continue
        elif not number(value, what) > 0:
            raise BadInput(f"{what}: expected above 0, got {value}")
    return Network(**given)
