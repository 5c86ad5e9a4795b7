"""Selectors: which of several plans to carry out.

A selector scores candidates; the best is carried out. Of candidates that score alike
the first is taken. A score that is NaN says nothing and is never taken, unless all are:
then the first candidate is, for a robot has to do something.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from onehop_interfaces import Obs

__all__ = ["Selector", "first_best", "for_each"]


class Selector(Protocol):
    """Scores of candidates, the greater the better."""

    def __call__(self, plans: Tensor, obs: Obs) -> Tensor:
        """Score.

        Args:
            plans: Candidates (B, N, H, S + A), in the environment's units.
            obs: What was seen, each (B, n_obs, ...).

        Returns:
            Scores (B, N).
        """
        ...


def first_best(scores: Tensor) -> Tensor:
    """The candidate to take, (B,), by scores (B, N)."""
    known = scores.masked_fill(scores.isnan(), -torch.inf)
    place = torch.arange(scores.shape[1], device=scores.device)
    # torch.argmax promises nothing about ties.
    best = known == known.amax(1, keepdim=True)
    return torch.where(best, place, scores.shape[1]).amin(1)


def for_each(obs: Obs, n: int) -> dict[str, Tensor]:
    """Observations of B decisions once for every candidate, (B N, n_obs, ...)."""
    return {name: frames.repeat_interleave(n, 0) for name, frames in obs.items()}
