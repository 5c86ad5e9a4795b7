"""MetaWorld's tasks as Gymnasium environments that are seen as points.

Seen are `point_cloud` (512, 3), by rays from one camera, in the world's frame [m], and
`agent_pos` (9,), where the hand and its two fingers are [m], as 3D Diffusion Policy's
policies see them; nothing of the state of objects. An episode ends at success.

The camera stands where 3D Diffusion Policy moved MetaWorld's `corner2` to, and looks
where that looks. What is below the box is the table, what is above it the arm, which
the hand tells enough of: all that tasks move, and their goals, is in it.

References:
    | 3D Diffusion Policy (Ze et al., 2024), section IV
    | https://arxiv.org/abs/2403.03954
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict
from numpy.typing import NDArray

from onehop_envs import Eye, RayCamera
from onehop_interfaces import BadInput

from ._cloud_drawing import draw_cloud
from ._sawyer import Sawyer
from ._scene import Frame

__all__ = ["BOX", "EYE", "MAX_STEPS", "POINTS", "MetaWorldEnv"]

MAX_STEPS = 200
POINTS = 512
EYE = Eye((0.7, 0.2, 0.9), (0.0, 0.68, 0.1), 45.0)
PIXELS = (80, 80)
"""The fewest, about, from which every task leaves `POINTS` in the box."""
BOX = np.array([[-0.5, 0.33, 0.003], [0.56, 0.975, 0.48]])
"""Low and high corner of the workspace [m]."""


class MetaWorldEnv(gymnasium.Env[Any, NDArray[Any]]):
    """See the module's text. The info holds "is_success".

    Attributes:
        sawyer: The robot, which knows more than is seen.

    Args:
        name: Of the task, without MetaWorld's version.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 80}  # noqa: RUF012
    render_mode = "rgb_array"

    def __init__(self, name: str) -> None:
        everywhere = {"low": -np.inf, "high": np.inf, "dtype": np.float32}
        self.observation_space = Dict(
            {
                "point_cloud": Box(shape=(POINTS, 3), **everywhere),
                "agent_pos": Box(shape=(9,), **everywhere),
            }
        )
        self.action_space = Box(-1, 1, (4,), np.float32)
        self.sawyer = Sawyer(name)
        self._camera = RayCamera(self.sawyer.model, EYE, PIXELS, BOX)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Frame, dict[str, Any]]:
        """Stand before what the seed draws."""
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(2**31)) if seed is None else seed
        self.sawyer.reset(drawn)
        self._steps = 0
        return self._see(), {"is_success": False}

    def step(
        self, action: NDArray[Any]
    ) -> tuple[Frame, float, bool, bool, dict[str, Any]]:
        """Move the hand by up to a centimetre along each axis, and its fingers.

        Raises:
            BadInput: unless the action is four finite numbers.
        """
        if np.shape(action) != (4,) or not np.isfinite(action).all():
            raise BadInput(f"action: expected four finite numbers, got {action}")
        reward, done = self.sawyer.step(np.asarray(action, np.float32))
        self._steps += 1
        over = self._steps >= MAX_STEPS
        return self._see(), reward, done, over and not done, {"is_success": done}

    def render(self) -> NDArray[np.uint8]:
        """The cloud from where it is seen, (256, 256, 3)."""
        return draw_cloud(self._seen["point_cloud"], EYE, BOX)

    def _see(self) -> Frame:
        cloud = self._camera(self.sawyer.data, POINTS)
        self._seen: Frame = {"point_cloud": cloud, "agent_pos": self.sawyer.hand()}
        return self._seen
