"""The Adroit hand, seen as a cloud: environments of Gymnasium-Robotics.

Seen are

    point_cloud  (512, 3)  where rays of a camera meet hand and objects [m]
    agent_pos    (24,)     positions of the joints of wrist and fingers [rad]

and nothing else of an object. Where an arm carries the hand its joints, four at the
door and two with the hammer, are not among the 24, which are the same in all three
tasks, as in DP3: where the arm is can be seen.

An episode takes all its steps, and is a success if the goal is reached after the last
of them, as DP3 and SDM Policy count; what was reached and lost again is none. So
"is_success" is told at the last step alone, and "at_goal" after every one:

    door     the hinge is at 1.35 rad or more
    hammer   the nail's head is within 0.01 m of the board
    pen      the pen is within 0.075 m of its place, and its axis and the target's have
             a cosine above 0.95

References:
    | 3D Diffusion Policy (Ze et al., 2024), section IV | https://arxiv.org/abs/2403.03954
    | Gymnasium-Robotics: Adroit hand | https://robotics.farama.org/envs/adroit_hand/
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import redirect_stderr
from io import StringIO
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict
from numpy.typing import NDArray

from onehop_envs import Eye, RayCamera

from ._cloud_drawing import draw_cloud
from ._glimpse import Glimpse, Still
from ._scene import Frame, made

__all__ = ["JOINTS", "MAX_STEPS", "POINTS", "AdroitEnv", "View"]

MAX_STEPS = 200
POINTS, JOINTS = 512, 24
FIRST_JOINT = "WRJ1"
"""Of the wrist; the others of the hand follow."""
RAYS = (72, 72)
"""More than 512 of them end in the box, most of the time."""


class View(NamedTuple):
    """What is seen of a scene.

    Attributes:
        eye: From where.
        box: Low and high corner of what is looked at [m].
    """

    eye: Eye
    box: tuple[tuple[float, float, float], tuple[float, float, float]]


class AdroitEnv(gymnasium.Wrapper[Any, Any, Any, Any]):
    """See the module's text.

    Args:
        name: Gymnasium's, of the environment.
        view: What is seen of it.
        max_steps: Steps of an episode.

    Attributes:
        state: What the environment itself tells, objects included, (S,): for experts.
    """

    state: NDArray[np.float64]

    def __init__(self, name: str, view: View, max_steps: int) -> None:
        # On import it says that rewards have changed, which are not looked at here.
        with redirect_stderr(StringIO()):
            import gymnasium_robotics

            gymnasium.register_envs(gymnasium_robotics)
        from mujoco import mj_kinematics

        self._place_geoms = mj_kinematics
        super().__init__(made(name, max_steps))
        world: Any = self.unwrapped
        self._world, model, box = world, world.model, np.array(view.box)
        self._still = Still(model, RayCamera(model, view.eye, RAYS, box), POINTS)
        self._eye, self._box = view.eye, box
        first = int(model.joint(FIRST_JOINT).qposadr[0])
        self._hand = slice(first, first + JOINTS)
        low, high = (np.tile(edge.astype(np.float32), (POINTS, 1)) for edge in box)
        self.observation_space = Dict(
            {
                "point_cloud": Box(low, high, (POINTS, 3), np.float32),
                "agent_pos": Box(-np.inf, np.inf, (JOINTS,), np.float32),
            }
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Frame, dict[str, Any]]:
        """The seed's start."""
        self.state, _ = self.env.reset(seed=seed, options=options)
        return self.see(), {}

    def step(self, action: Any) -> tuple[Frame, Any, bool, bool, dict[str, Any]]:
        """Where the joints are to go (A,), each from -1 to 1 of its range."""
        self.state, reward, terminated, truncated, info = self.env.step(action)
        at_goal = bool(info["success"])
        told = {"at_goal": at_goal, "is_success": at_goal and truncated}
        return self.see(), reward, terminated, truncated, told

    def see(self) -> Frame:
        """What is seen now."""
        model, data = self._world.model, self._world.data
        # A step of MuJoCo's leaves geoms where they were at its beginning.
        self._place_geoms(model, data)
        hand = data.qpos[self._hand].astype(np.float32)
        return Glimpse({"agent_pos": hand}, {"point_cloud": self._still.of(data)})

    def render(self) -> Any:
        """The cloud from where it is seen, (256, 256, 3)."""
        return draw_cloud(self.see()["point_cloud"], self._eye, self._box)

    def place(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Put hand and objects where they were, as Gymnasium-Robotics recorded it.

        Args:
            state: "qpos", "qvel" and where what does not move is.
        """
        self._world.set_env_state({name: np.array(state[name]) for name in state})
