"""MetaWorld's tasks as Gymnasium environments that are seen as points.

Seen are `point_cloud` (512, 3), by rays from one camera, in the world's frame [m], and
`agent_pos` (9,), where the hand and its two fingers are [m], as 3D Diffusion Policy's
policies see them; nothing of the state of objects. An episode ends at success.

The camera looks from the side that 3D Diffusion Policy looks from, MetaWorld's
`corner2` moved nearer, down onto the middle of the workspace. What is below the box is
the table, behind it a wall, above it the arm, which the hand tells enough of. What
tasks move is in it, and so are their goals, but those in a table or its hole.

References:
    | 3D Diffusion Policy (Ze et al., 2024), section IV
    | https://arxiv.org/abs/2403.03954
"""

from __future__ import annotations

import numpy as np
from gymnasium.spaces import Box, Dict
from numpy.typing import NDArray

from onehop_envs import Eye, RayCamera

from ._cloud_drawing import draw_cloud
from ._glimpse import Glimpse, Still
from ._robot_env import RobotEnv
from ._sawyer import Sawyer
from ._scene import Frame

__all__ = ["BOX", "EYE", "MAX_STEPS", "POINTS", "MetaWorldEnv"]

MAX_STEPS = 200
POINTS = 512
EYE = Eye((0.7, 0.2, 0.9), (0.0, 0.68, 0.1), 45.0)
PIXELS = (80, 80)
"""Few, for each costs: where little stands on the table some points are repeated."""
BOX = np.array([[-0.5, 0.33, 0.003], [0.56, 0.975, 0.48]])
"""Low and high corner of the workspace [m]: between the walls, over the table."""
RAISED = ("hand-insert", "pick-out-of-hole", "sweep-into")
"""Their table has a hole, always in the same place, and is higher by"""
HIGHER = 0.053
"""or a little less [m]."""


class MetaWorldEnv(RobotEnv):
    """See the module's text.

    An action is a change of the hand's place, 1 is a centimetre, and of its fingers.

    Attributes:
        sawyer: The robot, which knows more than is seen.
        box: Low and high corner of the workspace, (2, 3) [m].
        camera: Which looks into it.

    Args:
        name: Of the task, without MetaWorld's version.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 80}  # noqa: RUF012

    def __init__(self, name: str) -> None:
        self.sawyer = Sawyer(name)
        super().__init__(self.sawyer, 4, "four", MAX_STEPS)
        self.observation_space = Dict(
            {
                "point_cloud": Box(-np.inf, np.inf, (POINTS, 3), np.float32),
                "agent_pos": Box(-np.inf, np.inf, (9,), np.float32),
            }
        )
        self.box = BOX.copy()
        self.box[0, 2] += HIGHER * (name in RAISED)
        self.camera = RayCamera(self.sawyer.model, EYE, PIXELS, self.box)
        self._still = Still(self.sawyer.model, self.camera, POINTS)

    def render(self) -> NDArray[np.uint8]:
        """The cloud from where it is seen, (256, 256, 3)."""
        return draw_cloud(self._seen["point_cloud"], EYE, self.box)

    def see(self) -> Frame:
        """What is seen now, made anew."""
        cloud = self._still.of(self.sawyer.data)
        now = {"agent_pos": self.sawyer.hand()}
        self._seen: Frame = Glimpse(now, {"point_cloud": cloud})
        return self._seen
