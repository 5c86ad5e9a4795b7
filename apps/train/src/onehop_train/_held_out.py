"""How well a critic ranks states that it has not learned from.

Some episodes are kept from learning. In their states, the rank correlation (Spearman's)
is that of what the critic says with what was earned from there on: 1 if it puts all in
the right order. What a behaviour earned is not what IQL values, the best of all that
was seen; where episodes are of good and bad behaviours the order is much the same.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from onehop_envs import Demonstrations
from onehop_selectors import Judge

from ._known_returns import known_returns

__all__ = ["hold_out", "ranks"]

UNKNOWN = 0.05
MOST_STATES = 100_000


def hold_out(
    demonstrations: Demonstrations, share: float, seed: int
) -> tuple[Demonstrations, Demonstrations | None]:
    """The episodes to learn from, and a share of them to judge by; none if too few."""
    episodes = np.random.default_rng(seed).permutation(len(demonstrations))
    count = int(share * len(episodes))
    if count == 0:
        return demonstrations, None
    held, learned = sorted(episodes[:count]), sorted(episodes[count:])
    return demonstrations.select(learned), demonstrations.select(held)


@torch.no_grad()
def ranks(judge: Judge, held: Demonstrations, gamma: float) -> dict[str, float]:
    """Rank correlations of V(s) and of the lower Q(s, a) with what was earned.

    Args:
        judge: Who says what states are worth.
        held: Episodes with rewards.
        gamma: What a reward one step later is worth.

    Returns:
        Nothing, where fewer than two returns are known.
    """
    # Half a second to import, for critics alone.
    from scipy.stats import spearmanr  # type: ignore[import-untyped]

    earned, known = known_returns(held, gamma, UNKNOWN)
    rows = np.flatnonzero(known)[:MOST_STATES]
    if len(rows) < 2:
        return {}

    def tensor(array: np.ndarray) -> Tensor:
        return torch.from_numpy(array[rows].astype(np.float32)).to(judge.mean.device)

    s, a = tensor(held.obs[judge.name]), tensor(held.actions)
    said = {"v_rank": judge.v(s), "q_rank": judge.q(s, a).amin(0)}
    return {
        name: float(spearmanr(values.cpu(), earned[rows]).statistic)
        for name, values in said.items()
    }
