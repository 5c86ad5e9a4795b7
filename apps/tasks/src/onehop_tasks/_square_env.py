"""Square as a Gymnasium environment that is seen in two pictures.

Seen are

    image      (84, 84, 3)  bytes, from before the table, robosuite's `agentview`
    wrist      (84, 84, 3)  bytes, from the hand, its `robot0_eye_in_hand`
    agent_pos  (9,)         the hand's place [m], rotation (x y z w) and two fingers [m]

as in robomimic's square-ph, and nothing of the nut's state. An action (7,) moves the
hand, turns it and grips, at 20 Hz. An episode ends at success: the hole's middle within
3 cm of the peg's axis along x and y, and at most 5 cm above the table, in the hand
still or not, as robosuite counts.

References:
    | robosuite (Zhu et al., 2020) | https://arxiv.org/abs/2009.12293
    | What Matters in Learning from Offline Human Demonstrations for Robot Manipulation
    | (Mandlekar et al., 2021) | https://arxiv.org/abs/2108.03298
"""

from __future__ import annotations

import numpy as np
from gymnasium.spaces import Box, Dict
from numpy.typing import NDArray

from ._glimpse import Glimpse
from ._robot_env import RobotEnv
from ._scene import Frame
from ._square_arm import SquareArm
from ._square_pictures import Pictures

__all__ = ["CAMERAS", "MAX_STEPS", "SIDE", "SquareEnv"]

MAX_STEPS = 400
SIDE = 84
"""Of a picture [px]."""
DRAWN = 256
"""Of a picture for people [px]."""
CAMERAS = {"image": "agentview", "wrist": "robot0_eye_in_hand"}
"""What is seen -> robosuite's name of the camera."""


class SquareEnv(RobotEnv):
    """See the module's text.

    An action moves the hand, 1 is 5 cm, turns it, and grips.

    Attributes:
        arm: The robot, which knows more than is seen.

    Raises:
        BadInput: if MuJoCo cannot draw here.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(self) -> None:
        self.arm = SquareArm()
        super().__init__(self.arm, 7, "seven", MAX_STEPS)
        picture = Box(0, 255, (SIDE, SIDE, 3), np.uint8)
        agent = Box(-np.inf, np.inf, (9,), np.float32)
        pictures = dict.fromkeys(CAMERAS, picture)
        self.observation_space = Dict({**pictures, "agent_pos": agent})
        self._pictures = Pictures(self.arm.model, SIDE)
        self._drawn: Pictures | None = None

    def see(self) -> Frame:
        """What is seen now; pictures of it are drawn when they are asked for."""
        seen, now = self._pictures, {"agent_pos": self.arm.agent_pos()}
        cameras = CAMERAS.items()
        return Glimpse(now, {name: seen.of(self.arm.data, of) for name, of in cameras})

    def render(self) -> NDArray[np.uint8]:
        """The table from before, (256, 256, 3)."""
        if self._drawn is None:
            self._drawn = Pictures(self.arm.model, DRAWN)
        return self._drawn.of(self.arm.data, CAMERAS["image"])()

    def close(self) -> None:
        """Give back what the driver lent; nothing can be seen after."""
        self._pictures.close()
        if self._drawn is not None:
            self._drawn.close()
