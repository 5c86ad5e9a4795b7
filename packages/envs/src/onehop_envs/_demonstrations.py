"""Demonstrations: what was seen and what was done, episode after episode.

N steps of E episodes lie end to end in flat arrays; episode e is the rows
``episode_ends[e - 1]`` to ``episode_ends[e] - 1``, and ``obs[k][i]`` is what was seen
just before ``actions[i]`` was done.

A policy that looks at n_obs observations and plans H actions learns from **windows**,
one per step i of an episode of rows s to e - 1:

    obs      rows i - n_obs + 1, ..., i       (row s again for those before the start)
    actions  rows i, ..., i + H - 1           (row e - 1 again for those after the end)

or, if plans start `now` rows before now, actions i - now, ..., i - now + H - 1, padded
likewise at both ends.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 2.3 and its replay buffer
    | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, naming

from . import _demonstration_file as file
from ._mapped import blocks
from ._rewards import Rewards

__all__ = ["Demonstrations", "Json", "Windows", "as_float32", "check_ends"]

Json: TypeAlias = file.Json
Array: TypeAlias = NDArray[Any]
"""float32, float16 where that is exact enough, or uint8 where pictures are."""


class Windows(NamedTuple):
    """One window per step of every episode.

    Attributes:
        obs: Name -> (N, n_obs, ...), the current observation last.
        actions: (N, H, A), the action done at the current observation in row `now`.
    """

    obs: dict[str, Array]
    actions: Array


@dataclass(frozen=True, eq=False)
class Demonstrations:
    """Episodes of observations and actions, checked when made.

    Attributes:
        obs: Name -> (N, ...), float32 or float16 in the environment's units, or uint8
            (pictures).
        actions: (N, A), float32 or float16, in the environment's units.
        episode_ends: (E,), int64, strictly increasing; the last one is N.
        meta: Where the data comes from (environment, command, seed, versions, ...);
            JSON values only.
        rewards: What the steps earned, where that was recorded.

    Raises:
        BadInput: naming the array, what was expected and what came.
    """

    obs: dict[str, Array]
    actions: Array
    episode_ends: NDArray[np.int64]
    meta: Mapping[str, Json] = field(default_factory=dict)
    rewards: Rewards | None = None

    def __post_init__(self) -> None:
        check_ends(self.episode_ends)
        steps = int(self.episode_ends[-1])
        if self.actions.ndim != 2:
            raise BadInput(f"actions: expected shape (N, A), got {self.actions.shape}")
        if not self.obs:
            raise BadInput("obs: expected at least one observation, got none")
        named = {f"obs/{name}": array for name, array in self.obs.items()}
        for name, array in {**named, "actions": self.actions}.items():
            _check_values(name, array, steps)
        if self.rewards is not None:
            self.rewards.check(steps, len(self))

    def __len__(self) -> int:
        """E, the number of episodes."""
        return len(self.episode_ends)

    @property
    def episode_lengths(self) -> NDArray[np.int64]:
        """Steps of each episode, (E,)."""
        return np.diff(self.episode_ends, prepend=0)

    @property
    def arrays(self) -> dict[str, Array]:
        """All arrays, by their names in a file: `obs/<name>`, `actions`, ..."""
        obs = {f"obs/{name}": array for name, array in self.obs.items()}
        arrays = {**obs, "actions": self.actions, "episode_ends": self.episode_ends}
        if self.rewards is None:
            return arrays
        paid = {"rewards": self.rewards.each, "terminals": self.rewards.terminals}
        return {**arrays, **paid}

    @cached_property
    def sha256(self) -> str:
        """Hash of names, shapes and values, the "data hash" of provenance.

        What `meta` says does not enter: the same data has the same hash.
        """
        return file.sha256_of(self.arrays)

    def select(self, episodes: Iterable[int]) -> Demonstrations:
        """Only these episodes, in this order; `meta` stays."""
        chosen = list(episodes)
        if not chosen or not all(0 <= e < len(self) for e in chosen):
            raise BadInput(
                f"episodes: expected some of 0 to {len(self) - 1}, got {chosen}"
            )
        ends, lengths, rewards = self.episode_ends, self.episode_lengths, self.rewards
        rows = np.concatenate(
            [np.arange(ends[e] - lengths[e], ends[e]) for e in chosen]
        )
        return Demonstrations(
            {name: array[rows] for name, array in self.obs.items()},
            self.actions[rows],
            np.cumsum(lengths[chosen]),
            self.meta,
            rewards and Rewards(rewards.each[rows], rewards.terminals[chosen]),
        )

    def split(self, held_out: int, seed: int) -> tuple[Demonstrations, Demonstrations]:
        """Set `held_out` episodes, drawn by chance from `seed`, apart.

        Returns:
            The remaining episodes and those held out, each in the order they had.
        """
        if not 0 < held_out < len(self):
            raise BadInput(
                f"held_out: expected 1 to {len(self) - 1} episodes, got {held_out}"
            )
        order = np.random.default_rng(seed).permutation(len(self)).tolist()
        kept, apart = sorted(order[held_out:]), sorted(order[:held_out])
        return self.select(kept), self.select(apart)

    @classmethod
    def concatenate(
        cls, parts: Sequence[Demonstrations], meta: Mapping[str, Json] | None = None
    ) -> Demonstrations:
        """All episodes of all parts, in order.

        Args:
            parts: Demonstrations with the same observations and action width, all with
                rewards or all without.
            meta: Of the whole; that of the first part if None.
        """
        if not parts:
            raise BadInput("parts: expected at least one, got none")
        first = parts[0]
        for i, part in enumerate(parts):
            if _widths(part) != _widths(first):
                raise BadInput(
                    f"part {i}: expected arrays of widths {_widths(first)}, "
                    f"got {_widths(part)}"
                )
        return cls(
            {
                name: np.concatenate([part.obs[name] for part in parts])
                for name in first.obs
            },
            np.concatenate([part.actions for part in parts]),
            np.cumsum(np.concatenate([part.episode_lengths for part in parts])),
            first.meta if meta is None else meta,
            Rewards.concatenate([part.rewards for part in parts if part.rewards]),
        )

    def window_rows(
        self, n_obs: int, horizon: int, now: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows that windows are made of, as the module's text says.

        Args:
            n_obs: Observations a decision looks at.
            horizon: H, actions in a chunk.
            now: The row of a chunk that is for now.

        Returns:
            Rows of observations (N, n_obs), and of actions (N, H).
        """
        if n_obs < 1 or horizon < 1:
            raise BadInput(
                f"windows: expected n_obs and horizon >= 1, got {n_obs} and {horizon}"
            )
        lengths = self.episode_lengths
        last = np.repeat(self.episode_ends - 1, lengths)[:, None]
        start = np.repeat(self.episode_ends - lengths, lengths)[:, None]
        i = np.arange(len(self.actions))[:, None]
        seen = np.maximum(i + np.arange(1 - n_obs, 1), start)
        done = np.clip(i + np.arange(-now, horizon - now), start, last)
        return seen, done

    def windows(self, n_obs: int, horizon: int, now: int = 0) -> Windows:
        """All windows at once; `window_rows` has the arguments."""
        seen, done = self.window_rows(n_obs, horizon, now)
        obs = {name: array[seen] for name, array in self.obs.items()}
        return Windows(obs, self.actions[done])

    def save(self, path: str | Path) -> None:
        """Write the file whole or not at all (`_demonstration_file` has the format)."""
        file.write(Path(path), self.arrays, self.meta, self.sha256)

    @classmethod
    def load(cls, path: str | Path) -> Demonstrations:
        """Read what `save` wrote.

        Raises:
            BadInput: naming the file, the array, what was expected and what came.
        """
        arrays, meta, sha256 = file.read(Path(path))
        obs = {
            name.removeprefix("obs/"): array
            for name, array in arrays.items()
            if name.startswith("obs/")
        }
        paid = [arrays[name] for name in ("rewards", "terminals") if name in arrays]
        if len(paid) == 1:
            raise BadInput(f"{path}: expected rewards with terminals, got one of them")
        rewards = Rewards(*paid) if paid else None
        with naming(path):
            found = cls(obs, arrays["actions"], arrays["episode_ends"], meta, rewards)
        vars(found)["sha256"] = sha256  # known by now: not to be computed again
        return found


def as_float32(array: NDArray[Any]) -> Array:
    """The numbers as float32, infinite where they do not fit.

    `Demonstrations` refuses those.
    """
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def _widths(demonstrations: Demonstrations) -> dict[str, tuple[int, ...]]:
    obs = {name: array.shape[1:] for name, array in demonstrations.obs.items()}
    paid = {} if demonstrations.rewards is None else {"rewards": ()}
    widths = {**dict(sorted(obs.items())), "actions": demonstrations.actions.shape[1:]}
    return {**widths, **paid}


def check_ends(ends: NDArray[np.int64]) -> None:
    """Refuse what are no ends of episodes.

    Raises:
        BadInput: saying what was expected and what came.
    """
    if ends.ndim != 1 or ends.dtype != np.int64 or not len(ends):
        raise BadInput(
            "episode_ends: expected int64 of shape (E,) with E >= 1, "
            f"got {ends.dtype} of shape {ends.shape}"
        )
    if ends[0] < 1 or (ends[1:] <= ends[:-1]).any():
        raise BadInput(
            "episode_ends: expected strictly increasing ends from 1 on, "
            f"got {ends.tolist() if len(ends) < 9 else 'ends that are not'}"
        )


def _check_values(name: str, array: Array, steps: int) -> None:
    pictures = array.dtype == np.uint8 and name.startswith("obs/")
    if array.dtype not in (np.float32, np.float16) and not pictures:
        raise BadInput(f"{name}: expected float32 or float16, got {array.dtype}")
    if array.ndim < 2 or 0 in array.shape[1:] or len(array) != steps:
        raise BadInput(
            f"{name}: expected shape (N, ...) with N = {steps}, the last of "
            f"episode_ends, got {array.shape}"
        )
    for start, rows in () if pictures else blocks(array):
        if not np.isfinite(rows).all():
            row = start + np.argwhere(~np.isfinite(rows))[0][0]
            raise BadInput(
                f"{name}: expected finite values, got NaN or infinity in row {row}"
            )
