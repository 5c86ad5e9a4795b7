"""Samplers: from noise to a clean chunk through n calls of a denoiser or a few more.

All take the same arguments and go down a grid of times, t_1 > ... > t_n, and
then to clean data, (alpha, sigma) = (1, 0). With x = E[x | x_t, cond] and
eps = (x_t - alpha_t x) / sigma_t, one step from t to s is

* `ddim`:  x_s = alpha_s x + sigma_s eps;
* `ddim_raw_eps`:  the same with the eps of the chunk before it was clipped;
* `ddpm`:  x_s ~ q(x_s | x_t, x), the posterior of the forward process, whose variance
  is the smaller of the two of Ho et al. ("fixed small");
* `euler`, `heun`:  the probability-flow ODE in the coordinates
  x~ = x_t / (alpha_t + sigma_t), s~ = sigma_t / (alpha_t + sigma_t), in which it reads
  dx~/ds~ = eps - x for every schedule. In them s~ stays within [0, 1], where Karras'
  sigma / alpha reaches 2,000 in DDPM's table and spoils a corrector.

`ddim` and `euler` agree up to rounding: the ODE is solved exactly by straight lines
while x stands still, in any coordinates that scale x_t. `heun` is of second order and
calls the denoiser 2 n - 1 times, all others n times.

The grid is `Domain.grid`, which begins at the noisiest time ("trailing"), unless
another is given: Diffusion Policy and LeRobot sample along `Domain.leading_grid`.

A teacher with a `clip` gives clipped chunks. `ddpm` and `ddim` are then diffusers' with
`clip_sample` and, for DDIM, `use_clipped_model_output`: eps is what x_t holds beside
the clipped x, so that x and eps still make x_t. Diffusers' default, and Diffusion
Policy's, is `ddim_raw_eps`. On an eps teacher of Push-T DDIM-10 reached a coverage of
.24 with raw eps, and .49 with that of the clipped chunk.

References:
    | Denoising Diffusion Probabilistic Models (Ho et al., 2020), Algorithm 2
    | https://arxiv.org/abs/2006.11239
    | Denoising Diffusion Implicit Models (Song et al., 2021), equation 12, eta = 0
    | https://arxiv.org/abs/2010.02502
    | Elucidating the Design Space of Diffusion-Based Generative Models
    | (Karras et al., 2022), Algorithm 1 | https://arxiv.org/abs/2206.00364
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from onehop_interfaces import (
    Denoiser,
    Domain,
    Schedule,
    eps_of,
    noisy,
    velocity_of,
)

from ._preconditioning import clipped

__all__ = [
    "Grid",
    "Sampler",
    "ddim",
    "ddim_raw_eps",
    "ddpm",
    "euler",
    "heun",
]

Grid: TypeAlias = Callable[[Domain, int], list[float]]
"""(domain, n) -> n falling times: `Domain.grid` or `Domain.leading_grid`."""


class Sampler(Protocol):
    """Noise to a clean chunk."""

    def __call__(
        self,
        denoiser: Denoiser,
        x_t: Tensor,
        cond: Tensor,
        steps: int,
        noise: Sequence[Tensor] = (),
        grid: Grid = Domain.grid,
    ) -> Tensor:
        """Sample.

        Args:
            denoiser: (x_t, t, cond) -> x.
            x_t: Noise at the grid's first time (B, H, A).
            cond: Conditions (B, C).
            steps: n, the number of steps; at most T for a discrete schedule.
            noise: Whatever further noise the sampler adds, each (B, H, A).
            grid: The times to call the denoiser at.

        Returns:
            Clean chunks (B, H, A).
        """
        ...


def ddpm(
    denoiser: Denoiser,
    x_t: Tensor,
    cond: Tensor,
    steps: int,
    noise: Sequence[Tensor] = (),
    grid: Grid = Domain.grid,
) -> Tensor:
    """Ancestral sampling, for any schedule and number of steps.

    With alpha_ts = alpha_t / alpha_s and sigma_ts^2 = sigma_t^2 - alpha_ts^2 sigma_s^2,

        x_s = alpha_ts sigma_s^2 / sigma_t^2 x_t + alpha_s sigma_ts^2 / sigma_t^2 x
              + sigma_ts sigma_s / sigma_t z.
    """
    times, alpha, sigma = _levels(denoiser.schedule, x_t, grid, steps)
    for i in range(steps):
        x = denoiser(x_t, times[i], cond)
        alpha_ts = alpha[i] / alpha[i + 1]
        shrunk = (sigma[i + 1] / sigma[i]) ** 2
        added = 1 - alpha_ts**2 * shrunk
        x_t = alpha_ts * shrunk * x_t + alpha[i + 1] * added * x
        if i + 1 < steps:
            x_t = x_t + sigma[i + 1] * added**0.5 * noise[i]
    return x_t


def ddim(
    denoiser: Denoiser,
    x_t: Tensor,
    cond: Tensor,
    steps: int,
    noise: Sequence[Tensor] = (),
    grid: Grid = Domain.grid,
) -> Tensor:
    """Deterministic sampling (eta = 0): keep the noise, change its level."""
    times, alpha, sigma = _levels(denoiser.schedule, x_t, grid, steps)
    for i in range(steps):
        x = denoiser(x_t, times[i], cond)
        eps = eps_of(x_t, x, alpha[i], sigma[i])
        x_t = noisy(x, eps, alpha[i + 1], sigma[i + 1])
    return x_t


def ddim_raw_eps(
    denoiser: Denoiser,
    x_t: Tensor,
    cond: Tensor,
    steps: int,
    noise: Sequence[Tensor] = (),
    grid: Grid = Domain.grid,
) -> Tensor:
    """`ddim` but for teachers that clip: eps is the network's own, x is clipped.

    Diffusers' default; `ddim` for a denoiser that does not clip.
    """
    times, alpha, sigma = _levels(denoiser.schedule, x_t, grid, steps)
    raw = getattr(denoiser, "unclipped", denoiser)
    clip = getattr(denoiser, "clip", None)
    for i in range(steps):
        x = raw(x_t, times[i], cond)
        eps = eps_of(x_t, x, alpha[i], sigma[i])
        x_t = noisy(clipped(x, clip), eps, alpha[i + 1], sigma[i + 1])
    return x_t


def euler(
    denoiser: Denoiser,
    x_t: Tensor,
    cond: Tensor,
    steps: int,
    noise: Sequence[Tensor] = (),
    grid: Grid = Domain.grid,
) -> Tensor:
    """Euler's method on the probability-flow ODE: first order."""
    times, alpha, sigma = _levels(denoiser.schedule, x_t, grid, steps)
    scale = alpha + sigma
    s = sigma / scale
    for i in range(steps):
        x = denoiser(x_t, times[i], cond)
        v = velocity_of(x_t, x, alpha[i], sigma[i])
        x_t = scale[i + 1] * (x_t / scale[i] + (s[i + 1] - s[i]) * v)
    return x_t


def heun(
    denoiser: Denoiser,
    x_t: Tensor,
    cond: Tensor,
    steps: int,
    noise: Sequence[Tensor] = (),
    grid: Grid = Domain.grid,
) -> Tensor:
    """Heun's method on the probability-flow ODE: second order.

    The step to clean data, where eps is undefined, is Euler's, as in Algorithm 1.
    """
    times, alpha, sigma = _levels(denoiser.schedule, x_t, grid, steps)
    scale = alpha + sigma
    s = sigma / scale
    for i in range(steps):
        start, step = x_t / scale[i], s[i + 1] - s[i]
        v = velocity_of(x_t, denoiser(x_t, times[i], cond), alpha[i], sigma[i])
        x_t = scale[i + 1] * (start + step * v)
        if i + 1 < steps:
            x = denoiser(x_t, times[i + 1], cond)
            v_end = velocity_of(x_t, x, alpha[i + 1], sigma[i + 1])
            x_t = scale[i + 1] * (start + step * (v + v_end) / 2)
    return x_t


def _levels(
    schedule: Schedule, x_t: Tensor, grid: Grid, steps: int
) -> tuple[Tensor, ...]:
    """Times (n, B) as a denoiser takes them; alpha and sigma (n + 1,), clean at last.

    The levels stay on the CPU in double precision: a scalar there multiplies a tensor
    of any type and device, and waits for none.
    """
    t = torch.tensor(grid(schedule.domain, steps), dtype=torch.float64)
    alpha, sigma = schedule(t)
    alpha = torch.cat((alpha, torch.ones(1)))
    sigma = torch.cat((sigma, torch.zeros(1)))
    times = t.to(x_t.device, x_t.dtype)[:, None].expand(-1, len(x_t))
    return times, alpha, sigma
