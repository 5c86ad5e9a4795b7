"""Batches: windows of demonstrations, drawn by the step's number.

Which windows a step sees, and every other chance event in it, is a function of (seed,
step, rank) alone. A resumed run therefore needs no memory of what was drawn before,
and processes draw different windows without talking to each other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onehop_envs import (
    Demonstrations,
    DiffusionPolicyEpisodes,
    Held,
    Rewards,
    episodes_at,
    gather,
    in_memory,
    read_diffusion_policy_zarr,
    size_of,
)
from onehop_interfaces import BadInput, Batch, Signature

__all__ = [
    "Relabel",
    "WindowData",
    "drawn",
    "read_demonstrations",
    "rewards_of",
    "step_seed",
]

MOST_ROWS = 20_000
"""Windows that statistics are taken of."""
MOST_BYTES = 2**26
"""Of observations, likewise, or in a part of them."""
MOST_HELD = 2**31
"""Of the data of others, which are held in memory."""


def step_seed(seed: int, step: int, rank: int) -> int:
    """The seed of one step of one process."""
    return random.Random(f"{seed}/{step}/{rank}").getrandbits(32)


def read_demonstrations(path: Path) -> Demonstrations:
    """Read a demonstration file, or the data of others, if there is room for them.

    `onehop_envs.episodes_at` tells which. Of Push-T's replay buffer with keypoints only
    the numbers are read.

    Raises:
        BadInput: if it is none of them, or too large.
    """
    source = episodes_at(path)
    if isinstance(source, Held):
        return source.demonstrations
    if isinstance(source, DiffusionPolicyEpisodes) and source.keypoints:
        return read_diffusion_policy_zarr(path)
    size = size_of(source)
    if size > MOST_HELD:
        raise BadInput(
            f"{path}: expected at most {MOST_HELD / 2**30:.0f} GiB to hold in memory, "
            f"got {size / 2**30:.1f}; make a file that need not be: onehop-import data "
            f"{path} --out FILE.safetensors"
        )
    return in_memory(source)


def rewards_of(demonstrations: Demonstrations) -> Rewards:
    """What the steps earned.

    Raises:
        BadInput: if that was not recorded.
    """
    if demonstrations.rewards is None:
        raise BadInput("--data: expected demonstrations with rewards, got none")
    return demonstrations.rewards


def drawn(count: int, size: int, seed: int) -> tuple[Tensor, torch.Generator]:
    """Numbers (size,) below `count`, with replacement, and the chance left over."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(count, (size,), generator=generator), generator


Relabel: TypeAlias = Callable[[Batch, Tensor, torch.Generator], Batch]
"""(batch, steps it was decided at (B,), source of chance) -> the batch to learn from.

Goals in hindsight, for one: what was reached later in the same episode.
"""


class WindowData:
    """Windows of some demonstrations, gathered when they are drawn.

    Where a signature plans states, the rows of a plan are the observation "state" as it
    came to be, and the action. What would have come after a recording was stopped is
    not known, so windows that reach beyond are left out; after the task's own end all
    stays as it was.

    Args:
        demonstrations: Where they come from; may be mapped, and larger than memory.
        signature: Which observations, and how long the windows are.
        device: Where batches are wanted.
        relabel: What changes a batch before it is learned from.

    Attributes:
        begin: The steps of the demonstrations that windows decide at, (N,).
    """

    def __init__(
        self,
        demonstrations: Demonstrations,
        signature: Signature,
        device: torch.device,
        relabel: Relabel = lambda batch, rows, generator: batch,
    ) -> None:
        _check_fit(demonstrations, signature)
        self.arrays = {name: demonstrations.obs[name] for name in signature.obs}
        self.actions = demonstrations.actions
        if signature.state_dim:
            plans = [demonstrations.obs["state"], self.actions]
            self.actions = np.concatenate(plans, axis=1)
        self.begin = _begin(demonstrations, signature)
        self.seen, self.done = demonstrations.window_rows(
            signature.n_obs, signature.horizon, signature.now
        )
        self.device = device
        self.relabel = relabel

    def __len__(self) -> int:
        """N, the number of windows."""
        return len(self.begin)

    def __getitem__(self, rows: Tensor) -> Batch:
        """The windows of these numbers (B,)."""
        steps = self.begin[rows.numpy()]
        seen, done = self.seen[steps], self.done[steps]
        obs = {name: self._given(array, seen) for name, array in self.arrays.items()}
        return Batch(obs, self._given(self.actions, done))

    def _given(self, array: NDArray[Any], rows: NDArray[np.int64]) -> Tensor:
        """Rows of an array, floats in single precision."""
        given = torch.from_numpy(gather(array, rows)).to(self.device)
        return given.float() if given.is_floating_point() else given

    def sample(self) -> Batch:
        """Enough windows, evenly over all, to take statistics of."""
        most = min(MOST_ROWS, self._at_once())
        return self[torch.arange(0, len(self), -(-len(self) // most))]

    def parts(self) -> Iterator[Batch]:
        """Every window once, some at a time."""
        for rows in torch.split(torch.arange(len(self)), self._at_once()):
            yield self[rows]

    def draw(self, size: int, seed: int) -> Batch:
        """`size` windows, drawn with replacement."""
        rows, generator = drawn(len(self), size, seed)
        steps = torch.from_numpy(self.begin)[rows]
        return self.relabel(self[rows], steps, generator)

    def _at_once(self) -> int:
        """How many windows have `MOST_BYTES`."""
        one = self[torch.zeros(1, dtype=torch.int64)]
        bytes_of_one = sum(array.nbytes for array in one.obs.values())
        return max(MOST_BYTES // bytes_of_one, 1)


def _begin(demonstrations: Demonstrations, signature: Signature) -> NDArray[np.int64]:
    """The steps at which windows decide, (N,)."""
    rewards = demonstrations.rewards
    if rewards is None or not signature.state_dim:
        return np.arange(len(demonstrations.actions))
    known = rewards.known(demonstrations.episode_ends)
    return np.flatnonzero(known >= signature.horizon - signature.now)


def _check_fit(demonstrations: Demonstrations, signature: Signature) -> None:
    """Refuse demonstrations of other observations or actions than a teacher's."""
    missing = sorted(set(signature.obs) - set(demonstrations.obs))
    if missing:
        have = sorted(demonstrations.obs)
        raise BadInput(f"demonstrations: expected observations {missing}, have {have}")
    wanted = {**signature.obs, "actions": (signature.action_dim,)}
    if signature.state_dim:
        wanted["state"] = (signature.state_dim,)
    arrays = {**demonstrations.obs, "actions": demonstrations.actions}
    shapes = {name: array.shape[1:] for name, array in arrays.items()}
    for name, expected in wanted.items():
        if shapes.get(name) != tuple(expected):
            raise BadInput(
                f"demonstrations: {name}: expected numbers of shape {tuple(expected)}, "
                f"got {shapes.get(name)}"
            )
