"""Push-T as Gymnasium environments.

A control step lasts 0.1 s. The action is the point [px] that the agent is to go to. The
reward is clip(coverage / 0.95, 0, 1), and an episode ends as soon as the coverage is
above 0.95, or after 300 steps. The score of an episode is its largest reward.

The environments differ in what they observe:

    onehop/PushTState-v0      (5,)   agent x, y, block x, y [px], angle in [0, 2 pi]
    onehop/PushTKeypoints-v0  (20,)  nine keypoints of the block, agent: x, y each [px]
    onehop/PushTPixels-v0     (96, 96, 3)  picture
    onehop/PushTPixelsAgentPos-v0  a dict of "image", the same, and "agent_pos" (2,)

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023) | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import tau
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Dict
from numpy.typing import NDArray

from ._pair import finite_pair
from ._pusht_drawing import draw_pusht
from ._pusht_geometry import Point
from ._pusht_physics import WORLD, PushTPhysics
from ._pusht_pictures import PICTURE, pictured
from ._pusht_starts import chosen_start, random_start
from ._render import RENDER_MODES, check_render

__all__ = [
    "SUCCESS_COVERAGE",
    "AbstractPushTEnv",
    "PushTKeypointsEnv",
    "PushTPixelsAgentPosEnv",
    "PushTPixelsEnv",
    "PushTStateEnv",
]

Array: TypeAlias = NDArray[Any]

SUCCESS_COVERAGE = 0.95
_MAX_STEPS = 300

# The agent overshoots a little, and the block can be squeezed through a wall.
_LOW, _HIGH = -WORLD, 2 * WORLD


class AbstractPushTEnv(gym.Env[Any, Array], ABC):
    """All of Push-T but what is observed.

    `reset` takes one option: `{"state": [agent x, agent y, block x, block y, angle]}`
    starts there (by the rule of `PushTPhysics.set_state`), and
    `{"paper_seed": 100000}` where Diffusion Policy's evaluation starts for that seed.
    Without an option the start is drawn from `seed`.

    The info holds "coverage", "is_success" and the "state" (5,).

    Args:
        render_mode: None or "rgb_array".
        render_size: Side of the picture that `render` returns [px].
        legacy: How the start is set; see `PushTPhysics`.
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": 10}  # noqa: RUF012

    def __init__(
        self,
        render_mode: str | None = None,
        render_size: int = 256,
        legacy: bool = True,
    ) -> None:
        check_render(render_mode, render_size)
        self.render_mode = render_mode
        self.render_size = render_size
        self.physics = PushTPhysics(legacy)
        self.action_space = Box(0.0, WORLD, (2,), np.float32)
        self._target: Point | None = None

    @abstractmethod
    def observe(self) -> Any:
        """What is seen of the physics at this moment."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode.

        Raises:
            BadInput: naming the option that is not as expected.
        """
        super().reset(seed=seed)
        start = chosen_start(options or {})
        self.physics.set_state(start or random_start(self.np_random))
        self._target = None
        return self.observe(), self._info()

    def step(self, action: Array) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Go towards `action` (2,) [px], clipped to the world, for 0.1 s.

        Raises:
            BadInput: unless the action is two finite numbers.
        """
        self._target = _point(action)
        self.physics.step(self._target)
        info = self._info()
        reward = min(info["coverage"] / SUCCESS_COVERAGE, 1.0)
        return self.observe(), reward, info["is_success"], False, info

    def render(self) -> NDArray[np.uint8] | None:
        """The picture (render_size, render_size, 3) with the last target in red."""
        if self.render_mode is None:
            return None
        return draw_pusht(self.physics.state, self.render_size, self._target)

    def _info(self) -> dict[str, Any]:
        coverage = self.physics.coverage()
        return {
            "coverage": coverage,
            "is_success": coverage > SUCCESS_COVERAGE,
            "state": np.array(self.physics.state),
        }


class PushTStateEnv(AbstractPushTEnv):
    """Push-T that shows the state."""

    observation_space = Box(
        np.array([_LOW] * 4 + [0.0]), np.array([_HIGH] * 4 + [tau]), dtype=np.float64
    )

    def observe(self) -> Array:
        """Agent x, y, block x, y [px] and its angle [rad]: (5,)."""
        return np.array(self.physics.state)


class PushTKeypointsEnv(AbstractPushTEnv):
    """Push-T that shows the nine keypoints of the block."""

    observation_space = Box(_LOW, _HIGH, (20,), np.float64)

    def observe(self) -> Array:
        """The keypoints, then the agent; x and y of each [px]: (20,)."""
        points = [*self.physics.keypoints(), self.physics.agent]
        return np.array(points).reshape(-1)


class PushTPixelsEnv(AbstractPushTEnv):
    """Push-T that shows a picture."""

    observation_space = Box(0, 255, (PICTURE, PICTURE, 3), np.uint8)

    def observe(self) -> Array:
        """The picture, without the target."""
        return draw_pusht(self.physics.state, PICTURE)


class PushTPixelsAgentPosEnv(AbstractPushTEnv):
    """Push-T that shows a picture and says where the agent is, as Diffusion Policy's.

    A robot knows its own hand; what it has to see is the block.
    """

    observation_space = Dict(
        {
            "image": Box(0, 255, (PICTURE, PICTURE, 3), np.uint8),
            "agent_pos": Box(_LOW, _HIGH, (2,), np.float32),
        }
    )

    def observe(self) -> dict[str, Array]:
        """The picture, without the target, and the agent's x and y [px]."""
        return pictured(self.physics.state)


def _point(action: Any) -> Point:
    x, y = finite_pair("action", action)
    return min(max(x, 0.0), WORLD), min(max(y, 0.0), WORLD)


for _name, _class in (
    ("State", PushTStateEnv),
    ("Keypoints", PushTKeypointsEnv),
    ("Pixels", PushTPixelsEnv),
    ("PixelsAgentPos", PushTPixelsAgentPosEnv),
):
    gym.register(
        f"onehop/PushT{_name}-v0",
        entry_point=f"{__name__}:{_class.__name__}",
        max_episode_steps=_MAX_STEPS,
    )
