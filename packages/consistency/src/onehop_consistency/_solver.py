"""One step of the teacher's probability-flow ODE, from t down to s.

With y = x_t / alpha_t, r = sigma_t / alpha_t and the teacher's x = E[x | x_t, cond],

    dy/dr = (y - x) / r = eps

for every schedule. `ddim` is Euler's step and `heun` Heun's; both stay on the schedule
the teacher was trained with. The noise always comes from the denoised chunk,
eps = (x_t - alpha_t x) / sigma_t: ManiCM's reference code hands its solver the raw
output of a sample-predicting teacher in the place of eps.

References:
    | Denoising Diffusion Implicit Models (Song et al., 2021), equation 12, eta = 0
    | Elucidating the Design Space of Diffusion-Based Generative Models
    | (Karras et al., 2022), algorithm 1
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

from onehop_interfaces import Denoiser, ddim_step, eps_of, expand

__all__ = ["SOLVERS", "Solver", "ddim", "heun"]

Solver: TypeAlias = Callable[[Denoiser, Tensor, Tensor, Tensor, Tensor], Tensor]
"""(teacher, x_t, t, s, cond) -> x_s."""


@torch.no_grad()
def ddim(teacher: Denoiser, x_t: Tensor, t: Tensor, s: Tensor, cond: Tensor) -> Tensor:
    """x_s = alpha_s x + sigma_s eps: one call, first order."""
    x = teacher(x_t, t, cond)
    return ddim_step(x_t, x, *teacher.schedule(t), *teacher.schedule(s))


@torch.no_grad()
def heun(teacher: Denoiser, x_t: Tensor, t: Tensor, s: Tensor, cond: Tensor) -> Tensor:
    """y_s = y_t + (r_s - r_t) (eps_t + eps_s) / 2: two calls, second order."""
    (alpha_t, sigma_t), (alpha_s, sigma_s) = teacher.schedule(t), teacher.schedule(s)
    eps_t = eps_of(x_t, teacher(x_t, t, cond), alpha_t, sigma_t)
    y, dr = x_t / expand(alpha_t, x_t), sigma_s / alpha_s - sigma_t / alpha_t
    euler = expand(alpha_s, y) * (y + expand(dr, y) * eps_t)
    eps_s = eps_of(euler, teacher(euler, s, cond), alpha_s, sigma_s)
    return expand(alpha_s, y) * (y + expand(dr, y) * (eps_t + eps_s) / 2)


SOLVERS: Mapping[str, Solver] = {f.__name__: f for f in (ddim, heun)}
"""By name."""
