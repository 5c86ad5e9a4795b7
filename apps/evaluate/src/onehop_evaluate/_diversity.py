"""How many things a policy does: entropy over modes, spread over noise.

Of N episodes, n_m of which went by mode m of M:

    entropy = - sum_m (n_m / N) log_M (n_m / N)      0: always the same, 1: all alike

counted over successes, as D3IL's task entropy, or over all episodes that have a mode.
The estimate is biased low by about (M - 1) / (2 N ln M): with N = 200 and M = 24 even
modes it reads .98. Its interval is the basic bootstrap's, 2 h - quantiles of h*, which
turns that bias round instead of doubling it, and is made to hold the estimate.

Where a task has no modes, what noise z changes is the measure: of chunks a(z) decided
from the same observation,

    spread = sqrt( mean over observations, steps, dimensions of Var_z a(z) )

in the action's units. It is 0 for a policy that pays no heed to z.

References:
    | Towards Diverse Behaviors: A Benchmark for Imitation Learning with Human
    | Demonstrations (Jia et al., 2024), section 4.2, D3IL's entropy
    | https://arxiv.org/abs/2402.14606
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onehop_interfaces import Policy
from onehop_interfaces.acting import decide

from ._statistics import LEVEL, RESAMPLES, Estimate

__all__ = ["drawn_plans", "mode_entropy", "spread"]

DRAWS = 16
"""Chunks decided from each observation."""


def mode_entropy(modes: NDArray[np.int64], count: int) -> Estimate:
    """Entropy of observed modes (N,), those below 0 left out; 0 if none is left."""
    seen = modes[modes >= 0]
    if not len(seen):
        return Estimate(0.0, 0.0, 0.0)
    share = np.bincount(seen, minlength=count) / len(seen)
    entropy = float(_entropy(share[None])[0])
    draws = np.random.default_rng(0).multinomial(len(seen), share, RESAMPLES)
    tail = 50 * (1 - LEVEL)
    quantiles = np.percentile(_entropy(draws / len(seen)), [100 - tail, tail])
    low, high = np.clip(2 * entropy - quantiles, 0.0, 1.0)
    return Estimate(entropy, min(float(low), entropy), float(high))


def _entropy(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Entropies of rows (R, M), to the base M."""
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    # 0 less the sum, for minus the sum is -0.0 where one mode is all there is.
    return np.asarray((0.0 - (share * logs).sum(axis=1)) / np.log(share.shape[1]))


def spread(
    policy: Policy, obs: Mapping[str, NDArray[np.float32]], device: torch.device
) -> float:
    """Standard deviation over z of chunks, at observations (N, n_obs, ...) by name."""
    variance = drawn_plans(policy, obs, device, DRAWS).double().var(dim=1)
    return float(variance.mean().sqrt())


def drawn_plans(
    policy: Policy,
    obs: Mapping[str, NDArray[np.float32]],
    device: torch.device,
    draws: int,
) -> Tensor:
    """Plans (N, draws, H, S + A) at observations (N, n_obs, ...) by name."""
    repeated = {
        name: torch.from_numpy(array).to(device).repeat_interleave(draws, dim=0)
        for name, array in obs.items()
    }
    plans = decide(policy, repeated, torch.Generator().manual_seed(0))
    return plans.view(-1, draws, *plans.shape[1:])
