"""Batches: windows of demonstrations, drawn by the step's number.

Which windows a step sees, and every other chance event in it, is a function of (seed,
step, rank) alone. A resumed run therefore needs no memory of what was drawn before,
and processes draw different windows without talking to each other.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from onehop_envs import Demonstrations, read_diffusion_policy_zarr
from onehop_interfaces import BadInput, Batch, Signature

__all__ = ["WindowData", "read_demonstrations", "step_seed"]


def step_seed(seed: int, step: int, rank: int) -> int:
    """The seed of one step of one process."""
    return random.Random(f"{seed}/{step}/{rank}").getrandbits(32)


def read_demonstrations(path: Path) -> Demonstrations:
    """Read a demonstration file, or a Diffusion Policy replay buffer (zarr).

    Raises:
        BadInput: if it is neither.
    """
    if not path.exists():
        raise BadInput(f"{path}: expected a demonstration file, got nothing there")
    if path.is_dir() or path.suffix == ".zip":
        return read_diffusion_policy_zarr(path)
    return Demonstrations.load(path)


class WindowData:
    """All windows of some demonstrations, on one device.

    Args:
        demonstrations: Where they come from.
        signature: Which observations, and how long the windows are.
        device: Where batches are wanted.
    """

    def __init__(
        self,
        demonstrations: Demonstrations,
        signature: Signature,
        device: torch.device,
    ) -> None:
        _check_fit(demonstrations, signature)
        windows = demonstrations.windows(
            signature.n_obs, signature.horizon, signature.now
        )
        self.obs: Mapping[str, Tensor] = {
            name: torch.from_numpy(windows.obs[name]).to(device)
            for name in signature.obs
        }
        self.actions = torch.from_numpy(windows.actions).to(device)

    def all(self) -> Batch:
        """Every window at once."""
        return Batch(self.obs, self.actions)

    def draw(self, size: int, seed: int) -> Batch:
        """`size` windows, drawn with replacement."""
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randint(len(self.actions), (size,), generator=generator)
        rows = rows.to(self.actions.device)
        obs = {name: array[rows] for name, array in self.obs.items()}
        return Batch(obs, self.actions[rows])


def _check_fit(demonstrations: Demonstrations, signature: Signature) -> None:
    """Refuse demonstrations of other observations or actions than a teacher's."""
    missing = sorted(set(signature.obs) - set(demonstrations.obs))
    if missing:
        have = sorted(demonstrations.obs)
        raise BadInput(f"demonstrations: expected observations {missing}, have {have}")
    shapes = {name: demonstrations.obs[name].shape[1:] for name in signature.obs}
    shapes["actions"] = demonstrations.actions.shape[1:]
    for name, expected in {**signature.obs, "actions": (signature.action_dim,)}.items():
        if shapes[name] != tuple(expected):
            raise BadInput(
                f"demonstrations: {name}: expected numbers of shape {tuple(expected)}, "
                f"got {shapes[name]}"
            )
