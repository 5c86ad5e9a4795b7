"""The student, a generator: the teacher's own network, called once.

    x = net(scale z, t_init, cond),     z ~ N(0, I),     scale = |(alpha_t, sigma_t)|

is the denoised chunk at one fixed time, whatever the network predicts. SDM's code reads
the raw output of an x-predicting network at the noisiest time, which is the same thing;
OneDP takes t_init = 65 of 0..99, where an eps network's error is multiplied by
sigma / alpha = 1.7 rather than by 2,000, and where z still decides which chunk comes
out. The scale gives the input the spread of the noisy marginal of unit-variance data,
1 for every variance-preserving schedule.

References:
    | Score and Distribution Matching Policy (Jia et al., 2024), section III
    | https://arxiv.org/abs/2412.09265
    | One-Step Diffusion Policy (Wang et al., 2024), section 3.2
    | https://arxiv.org/abs/2410.21257
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Chance, Obs, Teacher, number, settings
from onehop_interfaces.drawing import standard_normal

__all__ = ["Student"]


class Student(nn.Module):
    """A policy that decides in one network call.

    Args:
        net: A network in a teacher's clothes, usually a copy of the teacher. Becomes
            the student's.
        t_init: The time the network is called at; None for the schedule's noisiest.
    """

    nfe = 1

    def __init__(self, net: Teacher, *, t_init: float | None = None) -> None:
        super().__init__()
        self.net = net
        self.signature = net.signature
        domain = net.schedule.domain
        self.t_init = domain.t_max if t_init is None else t_init
        if not domain.t_min <= self.t_init <= domain.t_max:
            expected = f"{domain.t_min:g} to {domain.t_max:g}"
            raise BadInput(f"t_init: expected {expected}, got {self.t_init:g}")
        levels = net.schedule(torch.tensor([self.t_init]))
        self.scale = float(torch.stack(levels).norm())

    def z(self, cond: Tensor, generator: Chance = None) -> Tensor:
        """One z ~ N(0, I) per condition, (B, H, A), drawn on the generator's device."""
        shape = (len(cond), self.signature.horizon, self.signature.action_dim)
        return standard_normal(cond.new_empty(shape), generator)

    def generate(self, z: Tensor, cond: Tensor) -> Tensor:
        """The chunks x (B, H, A) that z (B, H, A) becomes; differentiable."""
        t = z.new_full((len(z),), self.t_init)
        return self.net(self.scale * z, t, cond)

    @torch.inference_mode()
    def forward(self, obs: Obs, generator: Chance = None) -> Tensor:
        """Decide; see `onehop_interfaces.Policy`."""
        self.signature.check(obs)
        cond = self.net.encode(obs)
        return self.net.denormalise(self.generate(self.z(cond, generator), cond), obs)

    def config(self) -> dict[str, Any]:
        """The JSON that, with the network's own, rebuilds this student."""
        return {"t_init": self.t_init}

    @classmethod
    def from_config(cls, net: Teacher, config: Mapping[str, Any]) -> Student:
        """Rebuild a student around `net`; the weights are loaded after.

        Raises:
            BadInput: if the configuration is not one that `config` writes.
        """
        given = settings(config, "student config", ("t_init",))
        return cls(net, t_init=number(given["t_init"], "student t_init"))
