"""MetaWorld's Sawyer before one of its tasks, with exact starts and its own expert.

MetaWorld draws where things are from a generator that goes on from episode to episode,
and what it sets up outlives a reset: places of bodies in the model, numbers in the
environment. Here a reset to a seed is of everything: the model's places and the
environment's attributes are put back to what they were when made, MuJoCo's data is
cleared (velocities, warm starts, the mocap body that leads the hand), the vector of
places is drawn from the seed as MetaWorld's benchmarks draw theirs, and then the
environment is reset to that vector, as it would be by `set_task`.

References:
    | Meta-World (Yu et al., 2019), section 4 | https://arxiv.org/abs/1910.10897
    | https://github.com/Farama-Foundation/Metaworld
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Sawyer"]

KEPT = ("model", "data", "mujoco_renderer")
"""Attributes that are not put back as they were."""
PLACES = ("body_pos", "site_pos")
"""Of the model, what tasks change."""


class Sawyer:
    """The robot and what is before it. Stand it up by `reset` first.

    Attributes:
        model: MuJoCo's.
        data: MuJoCo's, its positions up to date.
        goal: Where what is to be moved, or the hand, is to be, (3,) [m].

    Args:
        name: Of the task, without MetaWorld's version.
    """

    def __init__(self, name: str) -> None:
        from metaworld.env_dict import ALL_V3_ENVIRONMENTS
        from metaworld.policies import ENV_POLICY_MAP

        self._env: Any = ALL_V3_ENVIRONMENTS[f"{name}-v3"]()
        self._expert: Any = ENV_POLICY_MAP[f"{name}-v3"]()
        self._env._set_task_called = True
        # The expert is told the goal; the space of what it sees is made with it.
        self._env._partially_observable = False
        self._env.__dict__.pop("sawyer_observation_space", None)
        # Longer episodes than its own are its caller's affair.
        self._env.max_path_length = np.iinfo(np.int64).max
        self.model, self.data = self._env.model, self._env.data
        self._made = deepcopy(self._attributes())
        self._places = {name: getattr(self.model, name).copy() for name in PLACES}

    def reset(self, seed: int) -> None:
        """Stand before what the seed draws, whatever came before."""
        from mujoco import mj_forward

        env = self._env
        self._put_back()
        env.seeded_rand_vec, env._freeze_rand_vec = True, False
        env.seed(seed)
        env.reset_model()
        drawn = env._last_rand_vec
        self._put_back()
        env._freeze_rand_vec, env._last_rand_vec = True, drawn
        self._seen, _ = env.reset()
        # Some tasks move things last of all.
        mj_forward(self.model, self.data)

    def step(self, action: NDArray[np.floating[Any]]) -> tuple[float, bool]:
        """Let 0.0125 s pass.

        Args:
            action: Change of the hand's desired place, in centimetres, and of the
                grip, (4,), clipped to -1 to 1.

        Returns:
            MetaWorld's reward, and whether the task is done.
        """
        clipped = np.clip(action, -1, 1)
        self._seen, reward, _, _, info = self._env.step(clipped)
        return float(reward), bool(info["success"])

    def shown(self) -> NDArray[np.float32]:
        """What MetaWorld's scripted policy would do, which sees all, (4,)."""
        action = np.clip(self._expert.get_action(self._seen), -1, 1)
        return np.asarray(action, np.float32)

    @property
    def goal(self) -> NDArray[np.float64]:
        """See the class."""
        return np.array(self._env._target_pos)

    def hand(self) -> NDArray[np.float32]:
        """Where the hand and its right and left finger are, (9,) [m]."""
        fingers = [self.data.site(f"{side}EndEffector") for side in ("right", "left")]
        places = [self.data.body("hand").xpos, *[site.xpos for site in fingers]]
        return np.concatenate(places).astype(np.float32)

    def _attributes(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self._env).items() if k not in KEPT}

    def _put_back(self) -> None:
        """All as when made."""
        from mujoco import mj_forward, mj_resetData

        for name in self._attributes():
            delattr(self._env, name)
        vars(self._env).update(deepcopy(self._made))
        for name, places in self._places.items():
            getattr(self.model, name)[:] = places
        mj_resetData(self.model, self.data)
        mj_forward(self.model, self.data)
