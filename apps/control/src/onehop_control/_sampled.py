"""Candidates of a policy: one observation, as many noises, one batch.

The noise of decision k is drawn from (seed, k) alone, by numpy, whatever the policy is
made of: an episode's decisions can be made again, and a teacher's first chunk of noise
is its student's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, Signature
from onehop_kinova_driver import ArmState, Scene, Vec3

from ._contract import DIMS, HORIZON, Array
from ._observation import check_obstacles, seen

__all__ = ["ArrayPolicy", "Sampled"]

Floats = NDArray[np.float32]


class ArrayPolicy(Protocol):
    """A policy of numpy arrays; see `onehop_interfaces.Policy`."""

    @property
    def signature(self) -> Signature:
        """What it takes and gives."""
        ...

    @property
    def noise(self) -> tuple[int, ...]:
        """The shape of the noise of one decision."""
        ...

    def act(self, obs: Mapping[str, NDArray[Any]], noise: NDArray[Any]) -> Floats:
        """Plans (B, H, A), of observations (B, 1, ...) and noise (B, *noise)."""
        ...


class Sampled:
    """Proposes what a policy plans.

    Args:
        policy: Of this task.
        goal: Where the tool is to be [m].
        scene: What is in the way.
        candidates: How many plans.
        seed: Of their noise.

    Raises:
        BadInput: if the obstacles are not those that policies see.
    """

    def __init__(
        self, policy: ArrayPolicy, goal: Vec3, scene: Scene, candidates: int, seed: int
    ) -> None:
        check_obstacles(scene)
        self._policy, self._goal, self._scene = policy, goal, scene
        self._n, self._seed = candidates, seed

    def __call__(self, state: ArmState, k: int) -> Array:
        """The plans, (n, H, 3) [m].

        Raises:
            BadInput: if the policy answers with arrays of another shape.
        """
        frame = seen(state, self._goal, self._scene)
        names = self._policy.signature.obs
        obs = {name: np.repeat(frame[name], self._n, 0) for name in names}
        plans = self._policy.act(obs, self.noise(k))
        if plans.shape != (self._n, HORIZON, DIMS):
            expected = (self._n, HORIZON, DIMS)
            raise BadInput(f"policy: expected plans {expected}, got {plans.shape}")
        return plans.astype(np.float64)

    def noise(self, k: int) -> Floats:
        """Of decision k, (n, *noise): the first chunk of all rows comes first."""
        rng = np.random.default_rng((self._seed, k))
        *more, rows, numbers = self._policy.noise
        drawn = rng.standard_normal((*more, self._n, rows, numbers), np.float32)
        return np.moveaxis(drawn, len(more), 0)
