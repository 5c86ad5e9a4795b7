"""Samplers: from noise to a clean chunk through n calls of a denoiser or a few more.

All take the same arguments and go down the grid of the schedule, t_1 > ... > t_n, and
then to clean data, (alpha, sigma) = (1, 0). With x = E[x | x_t, cond] and
eps = (x_t - alpha_t x) / sigma_t, one step from t to s is

* `ddim`:  x_s = alpha_s x + sigma_s eps;
* `ddpm`:  x_s ~ q(x_s | x_t, x), the posterior of the forward process, whose variance
  is the smaller of the two of Ho et al. ("fixed small");
* `euler`, `heun`:  the probability-flow ODE in the coordinates
  x~ = x_t / (alpha_t + sigma_t), s~ = sigma_t / (alpha_t + sigma_t), in which it reads
  dx~/ds~ = eps - x for every schedule. In them s~ stays within [0, 1], where Karras'
  sigma / alpha reaches 2,000 in DDPM's table and spoils a corrector.

`ddim` and `euler` agree up to rounding: the ODE is solved exactly by straight lines
while x stands still, in any coordinates that scale x_t. `heun` is of second order and
calls the denoiser 2 n - 1 times, all others n times.

References:
    | Denoising Diffusion Probabilistic Models (Ho et al., 2020), Algorithm 2
    | https://arxiv.org/abs/2006.11239
    | Denoising Diffusion Implicit Models (Song et al., 2021), equation 12, eta = 0
    | https://arxiv.org/abs/2010.02502
    | Elucidating the Design Space of Diffusion-Based Generative Models
    | (Karras et al., 2022), Algorithm 1 | https://arxiv.org/abs/2206.00364
"""

from typing import Protocol

import torch
from torch import Tensor

from onehop_interfaces import Chance, Denoiser, Schedule, eps_of, noisy, velocity_of
from onehop_interfaces.drawing import standard_normal

__all__ = ["Sampler", "ddim", "ddpm", "euler", "heun", "prior_std"]


class Sampler(Protocol):
    """Noise to a clean chunk."""

    def __call__(
        self,
        denoiser: Denoiser,
        x_t: Tensor,
        cond: Tensor,
        steps: int,
        generator: Chance = None,
    ) -> Tensor:
        """Sample.

        Args:
            denoiser: (x_t, t, cond) -> x.
            x_t: Noise at the noisiest time (B, H, A).
            cond: Conditions (B, C).
            steps: n, the number of steps; at most T for a discrete schedule.
            generator: Source of whatever further noise the sampler adds.

        Returns:
            Clean chunks (B, H, A).
        """
        ...


def prior_std(schedule: Schedule) -> float:
    """Standard deviation of x_t at the noisiest time, for chunks of unit variance."""
    alpha, sigma = schedule(torch.tensor([schedule.domain.t_max]))
    return float(alpha.square().add(sigma.square()).sqrt())


def ddpm(
    denoiser: Denoiser,
    x_t: Tensor,
    cond: Tensor,
    steps: int,
    generator: Chance = None,
) -> Tensor:
    """Ancestral sampling, for any schedule and number of steps.

    With alpha_ts = alpha_t / alpha_s and sigma_ts^2 = sigma_t^2 - alpha_ts^2 sigma_s^2,

        x_s = alpha_ts sigma_s^2 / sigma_t^2 x_t + alpha_s sigma_ts^2 / sigma_t^2 x
              + sigma_ts sigma_s / sigma_t z.
    """
    times, alpha, sigma = _levels(denoiser.schedule, x_t, steps)
    for i in range(steps):
        x = denoiser(x_t, times[i], cond)
        alpha_ts = alpha[i] / alpha[i + 1]
        shrunk = (sigma[i + 1] / sigma[i]) ** 2
        added = 1 - alpha_ts**2 * shrunk
        x_t = alpha_ts * shrunk * x_t + alpha[i + 1] * added * x
        if i + 1 < steps:
            x_t = x_t + sigma[i + 1] * added**0.5 * standard_normal(x_t, generator)
    return x_t


def ddim(
    denoiser: Denoiser,
    x_t: Tensor,
    cond: Tensor,
    steps: int,
    generator: Chance = None,
) -> Tensor:
    """Deterministic sampling (eta = 0): keep the noise, change its level."""
    times, alpha, sigma = _levels(denoiser.schedule, x_t, steps)
    for i in range(steps):
        x = denoiser(x_t, times[i], cond)
        eps = eps_of(x_t, x, alpha[i], sigma[i])
        x_t = noisy(x, eps, alpha[i + 1], sigma[i + 1])
    return x_t


def euler(
    denoiser: Denoiser,
    x_t: Tensor,
    cond: Tensor,
    steps: int,
    generator: Chance = None,
) -> Tensor:
    """Euler's method on the probability-flow ODE: first order."""
    times, alpha, sigma = _levels(denoiser.schedule, x_t, steps)
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
    generator: Chance = None,
) -> Tensor:
    """Heun's method on the probability-flow ODE: second order.

    The step to clean data, where eps is undefined, is Euler's, as in Algorithm 1.
    """
    times, alpha, sigma = _levels(denoiser.schedule, x_t, steps)
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


def _levels(schedule: Schedule, x_t: Tensor, steps: int) -> tuple[Tensor, ...]:
    """Times (n, B) as a denoiser takes them; alpha and sigma (n + 1,), clean at last.

    The levels stay on the CPU in double precision: a scalar there multiplies a tensor
    of any type and device, and waits for none.
    """
    grid = torch.tensor(schedule.domain.grid(steps), dtype=torch.float64)
    alpha, sigma = schedule(grid)
    alpha = torch.cat((alpha, torch.ones(1)))
    sigma = torch.cat((sigma, torch.zeros(1)))
    times = grid.to(x_t.device, x_t.dtype)[:, None].expand(-1, len(x_t))
    return times, alpha, sigma
