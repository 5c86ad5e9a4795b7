"""Guidance: a denoiser of what is likely *and* valued.

For p_t(x_t) exp(w J(x_t, t)) in place of p_t(x_t) the score gains w grad J, and by
Tweedie's formula the denoised chunk

    x'  = x + w (sigma_t^2 / alpha_t) grad J(x_t, t),     grad in x_t.

With J(x_t, t) = log E[exp(J(x)) | x_t] the chunks are distributed as p(x) exp(w J(x))
at w = 1; a J that was learnt by regression is E[J(x) | x_t], which is less and differs
most where noise leaves much open.

References:
    | Diffusion Models Beat GANs on Image Synthesis (Dhariwal & Nichol, 2021), section 4
    | https://arxiv.org/abs/2105.05233
    | Planning with Diffusion for Flexible Behavior Synthesis (Janner et al., 2022),
    | algorithm 1 | https://arxiv.org/abs/2205.09991
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from onehop_interfaces import Obs, Schedule, Signature, Teacher, expand

__all__ = ["Guided", "Value"]


class Value(Protocol):
    """What noisy chunks are worth."""

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """J (B,), differentiable in the chunks x_t (B, H, S + A)."""
        ...


class Guided:
    """A teacher whose denoiser is guided.

    Args:
        teacher: What is likely.
        value: What is valued.
        scale: w.
    """

    def __init__(self, teacher: Teacher, value: Value, scale: float) -> None:
        self.teacher, self.value, self.scale = teacher, value, scale

    @property
    def signature(self) -> Signature:
        """The teacher's."""
        return self.teacher.signature

    @property
    def schedule(self) -> Schedule:
        """The teacher's."""
        return self.teacher.schedule

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """x' (B, H, S + A); see the module's text."""
        alpha_t, sigma_t = self.schedule(t)
        with torch.enable_grad():
            noisy = x_t.detach().requires_grad_(True)
            # A view: what counts FLOPs hangs hooks on inputs, and bears no leaves.
            seen = noisy.view_as(noisy)
            total = self.value(seen, t, cond.detach()).sum()
            (uphill,) = torch.autograd.grad(total, noisy)
        step = self.scale * expand(sigma_t.square() / alpha_t, x_t)
        return self.teacher(x_t, t, cond) + step * uphill

    def network(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """The teacher's network, which is not guided."""
        return self.teacher.network(x_t, t, cond)

    def encode(self, obs: Obs) -> Tensor:
        """The teacher's."""
        return self.teacher.encode(obs)

    def normalise(self, actions: Tensor, obs: Obs) -> Tensor:
        """The teacher's."""
        return self.teacher.normalise(actions, obs)

    def denormalise(self, x: Tensor, obs: Obs) -> Tensor:
        """The teacher's."""
        return self.teacher.denormalise(x, obs)
