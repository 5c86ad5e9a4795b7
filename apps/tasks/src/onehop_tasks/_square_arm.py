"""robosuite's Panda before the square nut, with exact starts.

robosuite draws where the nut lies and how the arm stands from a generator that goes on
from episode to episode, and its own way to an exact start is to make all anew, which
takes seconds. Here a reset to a seed puts that generator where a fresh one of the seed
is, and MuJoCo's data is cleared: velocities, warm starts, the controllers' goals. The
model stays, and nothing of it is drawn.

Nothing of robosuite's is rendered: the environment looks for itself.

References:
    | robosuite (Zhu et al., 2020), NutAssemblySquare | https://arxiv.org/abs/2009.12293
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ._square_pictures import bring_up

__all__ = ["SquareArm"]

Array: TypeAlias = NDArray[np.float64]


class SquareArm:
    """The arm, the nut and the peg. Stand it up by `reset` first.

    Attributes:
        model: MuJoCo's.
        data: MuJoCo's, its positions up to date.
    """

    def __init__(self) -> None:
        # On import and at every reset it tells of parts that the arm does not have.
        logger = logging.getLogger("robosuite_logs")
        logger.addFilter(lambda record: record.levelno >= logging.ERROR)
        # robosuite says so, too, but when MuJoCo has read it.
        if sys.platform == "linux":
            os.environ.setdefault("MUJOCO_GL", "egl")
        import robosuite
        from robosuite.controllers import load_composite_controller_config

        self._world: Any = robosuite.make(
            "NutAssemblySquare",
            robots="Panda",
            controller_configs=load_composite_controller_config(
                controller="BASIC", robot="Panda"
            ),
            control_freq=20,
            ignore_done=True,
            hard_reset=False,
            renderer="mujoco",
            has_offscreen_renderer=False,
            use_camera_obs=False,
            use_object_obs=False,
        )
        sim = self._world.sim
        self.model, self.data = sim.model._model, sim.data._data

    def reset(self, seed: int) -> None:
        """Stand before what the seed draws, whatever came before."""
        fresh = np.random.default_rng(seed)
        # What draws holds the generator itself: it is moved, not replaced.
        self._world.rng.bit_generator.state = fresh.bit_generator.state
        self._world.reset()
        bring_up(self.model, self.data)

    def step(self, action: NDArray[np.floating[Any]]) -> tuple[float, bool]:
        """Let 0.05 s pass.

        Args:
            action: Change of the hand's desired place, in 0.05 m, of its rotation, a
                rotation vector in 0.5 rad, and the grip, (7,), clipped to -1 to 1.

        Returns:
            robosuite's reward, and whether the nut is on the peg.
        """
        _, reward, _, _ = self._world.step(np.clip(action, -1, 1).astype(float))
        done = bool(self._world._check_success())
        bring_up(self.model, self.data)
        return float(reward), done

    def agent_pos(self) -> NDArray[np.float32]:
        """Hand (3,) [m], its rotation (4,), x y z w, and two fingers [m], (9,)."""
        w, *xyz = self.data.body("robot0_right_hand").xquat
        fingers = [
            self.data.joint(f"gripper0_right_finger_joint{i}").qpos[0] for i in (1, 2)
        ]
        return np.array([*self.hand, *xyz, w, *fingers], np.float32)

    @property
    def hand(self) -> Array:
        """Where the point between the fingers is, (3,) [m]."""
        return np.array(self.data.site("gripper0_right_grip_site").xpos)

    @property
    def fingers(self) -> Array:
        """From one finger to the other, a direction (3,)."""
        left, right = (
            self.data.body(f"gripper0_right_{side}finger").xpos
            for side in ("left", "right")
        )
        return np.asarray((right - left) / np.linalg.norm(right - left))

    @property
    def down(self) -> Array:
        """Where the hand points, a direction (3,)."""
        return np.array(self.data.body("robot0_right_hand").xmat.reshape(3, 3)[:, 2])

    @property
    def nut(self) -> Array:
        """Where the middle of the nut's hole is, (3,) [m]."""
        return np.array(self.data.body("SquareNut_main").xpos)

    @property
    def nut_axes(self) -> Array:
        """Its axes as columns, (3, 3): along the handle, across it, and its normal."""
        return np.array(self.data.body("SquareNut_main").xmat.reshape(3, 3))

    @property
    def peg(self) -> Array:
        """Where the middle of the peg is, (3,) [m]; its sides are along x and y."""
        return np.array(self.data.body("peg1").xpos)
