"""Conventions: what another project's network means by its time and its answer.

A policy that is trained elsewhere is a function f(x_t, t, cond) and a convention. Two
kinds are met.

* A table of integer times, x_t = alpha_t x + sigma_t eps, of which f gives eps, x or v:
  `diffusers_convention` reads it from a scheduler's config.
* A flow, x_t on the straight line between x and eps, of which f gives the velocity
  d x_t / dt. Time runs either way:

      noise at one    x_t = (1 - t) x + t eps     velocity eps - x
      noise at zero   x_t = t x + (1 - t) eps     velocity x - eps

  pi0 and SmolVLA have noise at one, as do the flows of diffusers; Lipman et al. and
  torchcfm have it at zero. Taken the wrong way round such a policy fails without an
  error, so `flow_convention` has to be told.

References:
    | Flow Matching for Generative Modeling (Lipman et al., 2023)
    | https://arxiv.org/abs/2210.02747
    | pi0: A Vision-Language-Action Flow Model for General Robot Control (Black et al.,
    | 2024) | https://arxiv.org/abs/2410.24164
"""

from functools import partial
from typing import Literal, NamedTuple, Protocol

from torch import nn

from onehop_interfaces import BadInput, Domain, Schedule

from ._foreign import Call, ForeignFlow
from ._preconditioning import Preconditioning, PredictFlow
from ._samplers import Grid
from ._schedule import Flow

__all__ = ["Convention", "Wrap", "flow_convention", "flow_grid"]


class Wrap(Protocol):
    """A network of another project as one that is called as those here are."""

    def __call__(self, net: nn.Module, call: Call | None = None) -> nn.Module:
        """F(c_in x_t, c_time, cond)."""
        ...


class Convention(NamedTuple):
    """What a foreign network means.

    Attributes:
        schedule: Noise levels of the times.
        preconditioning: What it predicts.
        wrap: How it is told the time, and its answer read.
        clip: Greatest |x| of its chunks; None for no bound.
        grid: The times that its own project samples at.
    """

    schedule: Schedule
    preconditioning: Preconditioning
    wrap: Wrap
    clip: float | None
    grid: Grid


def flow_grid(domain: Domain, n: int) -> list[float]:
    """The n times of n equal steps of Euler's, from t_max down to clean data at 0.

    Raises:
        BadInput: if n is less than one.
    """
    if n < 1:
        raise BadInput(f"sampling steps: expected at least 1, got {n}")
    return [domain.t_max * (n - i) / n for i in range(n)]


def flow_convention(noise_at: Literal[0, 1], scale: float = 1.0) -> Convention:
    """That of a policy of flow matching.

    Args:
        noise_at: Its time of pure noise, 1 or 0; see the module's text.
        scale: What the time is multiplied by before the network sees it.
    """
    wrap = partial(ForeignFlow, noise_at=noise_at, scale=scale)
    return Convention(Flow(), PredictFlow(), wrap, None, flow_grid)
