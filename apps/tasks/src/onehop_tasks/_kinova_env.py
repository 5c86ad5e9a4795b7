"""The arm past obstacles as a Gymnasium environment.

A step is a tick of the driver's own loop, 0.05 s of virtual time: the action (3,) is
where the tool is to go [m], and what becomes of it is the gate's decision. The arm is
the driver's, with the controller that is inside it; the tool keeps its rotation.

An episode is a problem of the planner's, by its seed. It succeeds once the tool is
within `NEAR` of the goal and at rest, and ends as a failure when any part of the arm
touches an obstacle or the gate stops the arm.
"""

from __future__ import annotations

from math import dist, hypot
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict
from numpy.typing import NDArray

from onehop_interfaces import BadInput
from onehop_kinova_driver import (
    Body,
    KinematicArm,
    Phase,
    PoseTarget,
    SafetyGate,
    ServoLoop,
    Timing,
    VirtualClock,
    observed,
)
from onehop_kinova_driver.planner import GRIPPER, Problem, problem

from ._kinova_drawing import draw_arm
from ._scene import Frame

__all__ = ["KinovaEnv"]

PERIOD = Timing().period
"""Of the loop, and of a step [s]."""
NEAR, SLOW = 0.01, 0.005
"""Of the goal [m]; what counts as at rest [m/s]."""
VALID = 0.3
"""How long a target is worth anything [s]."""
FAR = 2.0
"""No place is farther from the base [m]."""
OBSTACLES = 3


class KinovaEnv(gymnasium.Env[Any, NDArray[Any]]):
    """See the module's text.

    The info holds "is_success"; "progress", the share of the way to the goal that is
    behind the tool; "clearance" of the whole arm [m]; and "stopped", why the gate did.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012
    render_mode = "rgb_array"

    def __init__(self) -> None:
        place = Box(-FAR, FAR, (3,), np.float32)
        self.observation_space = Dict(
            {
                "position": place,
                "goal": place,
                "obstacles": Box(-FAR, FAR, (OBSTACLES, 6), np.float32),
            }
        )
        self.action_space = Box(-FAR, FAR, (3,), np.float32)
        self._body = Body(GRIPPER)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Frame, dict[str, Any]]:
        """Stand still at the start of the seed's problem."""
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(2**31)) if seed is None else seed
        self._problem: Problem = problem(drawn)
        self._clock = VirtualClock()
        self._arm = KinematicArm(self._clock, GRIPPER, self._problem.start)
        self._target: PoseTarget | None = None
        self._loop = ServoLoop(
            self._arm,
            SafetyGate(arm=GRIPPER),
            lambda: self._target,
            lambda: self._problem.scene,
            self._clock,
        )
        self._loop.connect()
        self._loop.arm()
        self._state = self._arm.read_state()
        self._way = dist(self._state.pos, self._problem.goal)
        return self._seen(), self._info()

    def step(
        self, action: NDArray[Any]
    ) -> tuple[Frame, float, bool, bool, dict[str, Any]]:
        """Send the tool towards a place (3,) [m], and let 0.05 s pass.

        Raises:
            BadInput: unless the action is three finite numbers.
        """
        self._target = self._sent(action)
        self._loop.tick()
        self._clock.advance(PERIOD)
        self._state = self._arm.read_state()
        info = self._info()
        over = info["is_success"] or info["clearance"] <= 0 or bool(info["stopped"])
        return self._seen(), float(info["is_success"]), over, False, info

    def render(self) -> NDArray[np.uint8]:
        """The arm from above and from its front, (256, 256, 3)."""
        frames = GRIPPER.frames(self._state.q)
        problem = self._problem
        return draw_arm(self._body, frames, problem.scene, problem.goal)

    def _sent(self, action: NDArray[Any]) -> PoseTarget:
        if np.shape(action) != (3,) or not np.isfinite(action).all():
            raise BadInput(f"action: expected three finite numbers, got {action}")
        x, y, z = (float(number) for number in action)
        now, seq = self._clock.now(), self._target.seq + 1 if self._target else 1
        seen, quat = self._state.t, self._problem.quat
        until, generation = now + VALID, self._loop.generation
        return PoseTarget((x, y, z), quat, seq, seen, now, until, generation)

    def _seen(self) -> Frame:
        return observed(self._state.pos, self._problem.goal, self._problem.scene)

    def _info(self) -> dict[str, Any]:
        state, goal = self._state, self._problem.goal
        away, speed = dist(state.pos, goal), hypot(*state.twist[:3])
        frames = GRIPPER.frames(state.q)
        clearance = self._body.clearance(frames, self._problem.scene)
        stopped = self._loop.phase in (Phase.STOPPED, Phase.FAULT)
        arrived = away <= NEAR and speed <= SLOW
        return {
            "is_success": arrived and clearance > 0 and not stopped,
            "progress": 1 - away / self._way,
            "clearance": clearance,
            "stopped": self._loop.reason.name if stopped else "",
        }
