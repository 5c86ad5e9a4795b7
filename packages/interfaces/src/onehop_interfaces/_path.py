"""The probability-flow ODE's path from noise to a clean chunk, in DDIM's steps.

With x = E[x | x_t, cond] and eps the noise that x_t then holds, one step from t to s is

    x_s = alpha_s x + sigma_s eps

the exact solution while x and eps stand still, for every schedule. The path follows
`Domain.grid`, which begins at the noisiest time ("trailing" in diffusers), and ends at
clean data, (alpha, sigma) = (1, 0), where x_s = x.

References:
    | Denoising Diffusion Implicit Models (Song et al., 2021), equation 12, eta = 0
    | https://arxiv.org/abs/2010.02502
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ._algebra import eps_of, noisy

if TYPE_CHECKING:
    from torch import Tensor

    from ._teacher import Denoiser

__all__ = ["PathPoint", "ddim_path", "ddim_step"]


class PathPoint(NamedTuple):
    """Where a path is at one of its times.

    Attributes:
        t: The time, (B,), the same for every row.
        x_t: The noisy chunks there, (B, H, A).
        x: What the denoiser makes of them, (B, H, A).
    """

    t: Tensor
    x_t: Tensor
    x: Tensor


def ddim_step(
    x_t: Tensor,
    x: Tensor,
    alpha_t: Tensor,
    sigma_t: Tensor,
    alpha_s: Tensor,
    sigma_s: Tensor,
) -> Tensor:
    """x_s = alpha_s x + sigma_s eps, with levels of shape (B,)."""
    return noisy(x, eps_of(x_t, x, alpha_t, sigma_t), alpha_s, sigma_s)


def ddim_path(
    denoiser: Denoiser, x_t: Tensor, cond: Tensor, steps: int
) -> Iterator[PathPoint]:
    """The `steps` points at which the denoiser is called; the last one's x is the end.

    Args:
        denoiser: (x_t, t, cond) -> x.
        x_t: Noise at the noisiest time, (B, H, A).
        cond: Conditions (B, C).
        steps: Calls of the denoiser.

    Raises:
        BadInput: if the schedule has fewer times than `steps`.
    """
    times = [x_t.new_full((len(x_t),), t) for t in denoiser.schedule.domain.grid(steps)]
    for i, t in enumerate(times):
        x = denoiser(x_t, t, cond)
        yield PathPoint(t, x_t, x)
        if i + 1 < steps:
            levels = (*denoiser.schedule(t), *denoiser.schedule(times[i + 1]))
            x_t = ddim_step(x_t, x, *levels)
