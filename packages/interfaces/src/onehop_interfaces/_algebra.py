"""eps, score and velocity as functions of the denoised chunk, written once.

With x_t = alpha_t x + sigma_t eps and the denoiser x = E[x | x_t, cond],

* eps      = (x_t - alpha_t x) / sigma_t
* score    = grad log p_t(x_t) = -eps / sigma_t = (alpha_t x - x_t) / sigma_t^2
* velocity = eps - x, the slope d(x~)/ds of the probability-flow ODE in the coordinates
  x~ = x_t / (alpha_t + sigma_t), s = sigma_t / (alpha_t + sigma_t), where the ODE of
  every schedule is the same straight-line flow from x (s = 0) to eps (s = 1).

References:
    | Score-Based Generative Modeling through SDEs (Song et al., 2021)
    | Flow Matching for Generative Modeling (Lipman et al., 2023)

Levels alpha_t, sigma_t of shape (B,) are spread over x's other axes with `expand`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["eps_of", "expand", "noisy", "score_of", "velocity_of"]


def expand(a: Tensor, x: Tensor) -> Tensor:
    """A level of shape (B,) (or a scalar) shaped to multiply x of shape (B, ...)."""
    return a.reshape(a.shape + (1,) * (x.ndim - a.ndim)) if a.ndim else a


def noisy(x: Tensor, eps: Tensor, alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """x_t = alpha_t x + sigma_t eps."""
    return expand(alpha_t, x) * x + expand(sigma_t, x) * eps


def eps_of(x_t: Tensor, x: Tensor, alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """The noise that x_t holds if x is the clean chunk."""
    return (x_t - expand(alpha_t, x) * x) / expand(sigma_t, x)


def score_of(x_t: Tensor, x: Tensor, alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """Score of the noisy marginal at x_t, by Tweedie's formula."""
    return (expand(alpha_t, x) * x - x_t) / expand(sigma_t, x) ** 2


def velocity_of(x_t: Tensor, x: Tensor, alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """Slope of the probability-flow ODE in (x~, s); see the module's text."""
    return eps_of(x_t, x, alpha_t, sigma_t) - x
