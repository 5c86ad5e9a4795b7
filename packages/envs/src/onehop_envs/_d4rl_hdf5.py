"""D4RL's data sets: an HDF5 file of N steps, episode after episode.

    observations  (N, S)     what was seen
    actions       (N, A)     what was done
    rewards       (N,)       what it earned
    terminals     (N,)       whether the task ended there
    timeouts      (N,)       whether the episode was stopped there, if there is such

References:
    | D4RL: Datasets for Deep Data-Driven Reinforcement Learning (Fu et al., 2020)
    | https://arxiv.org/abs/2004.07219
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from onehop_interfaces import BadInput, naming

from ._demonstrations import Demonstrations, as_float32
from ._hdf5 import numbers, opened
from ._rewards import Rewards

__all__ = ["read_d4rl_hdf5"]


def read_d4rl_hdf5(path: str | Path) -> Demonstrations:
    """Read a data set of D4RL's. Needs ``onehop-envs[hdf5]``.

    Args:
        path: The file.

    Returns:
        Demonstrations with obs "state" (N, S), actions and rewards. What stands after
        the last flag is an episode that was stopped.

    Raises:
        BadInput: naming the file, the array, what was expected and what came.
    """
    path = Path(path)
    with opened(path) as root:
        states, actions, rewards, terminals = (
            numbers(path, root, name)
            for name in ("observations", "actions", "rewards", "terminals")
        )
        stopped = np.zeros(len(terminals), bool)
        if "timeouts" in root:
            stopped = numbers(path, root, "timeouts").astype(bool).reshape(-1)
    ended, n = terminals.astype(bool).reshape(-1), len(states)
    lengths = {len(of) for of in (states, actions, rewards, ended, stopped)}
    if lengths != {n}:
        raise BadInput(f"{path}: expected {n} rows of all, got {sorted(lengths)}")
    last = ended | stopped
    last[-1:] = True
    ends = np.flatnonzero(last) + 1
    with naming(path):
        return Demonstrations(
            {"state": as_float32(states)},
            as_float32(actions),
            ends,
            {"source": f"D4RL data set {path.name}"},
            Rewards(as_float32(rewards.reshape(-1)), ended[ends - 1]),
        )
