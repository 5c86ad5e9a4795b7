"""Environments of a robot that has exact starts and knows when it is done.

A seed is a start, whatever came before. An episode ends at success, or after so many
steps; what is seen of the robot, and how it is drawn, is the environment's own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from onehop_interfaces import BadInput

from ._scene import Frame

__all__ = ["RobotEnv"]


class Robot(Protocol):
    """What stands before its task."""

    def reset(self, seed: int) -> None:
        """Stand before what the seed draws, whatever came before."""

    def step(self, action: NDArray[np.floating[Any]]) -> tuple[float, bool]:
        """Carry out an action; the reward, and whether the task is done."""


class RobotEnv(gymnasium.Env[Any, NDArray[Any]], ABC):
    """The info holds "is_success".

    Args:
        robot: Whose environment.
        actions: Numbers of an action, each from -1 to 1.
        called: That number as a word.
        max_steps: Of an episode.
    """

    render_mode = "rgb_array"

    def __init__(self, robot: Robot, actions: int, called: str, max_steps: int) -> None:
        self.action_space = Box(-1, 1, (actions,), np.float32)
        self._robot, self._called, self._max_steps = robot, called, max_steps

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Frame, dict[str, Any]]:
        """Stand before what the seed draws."""
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(2**31)) if seed is None else seed
        self._robot.reset(drawn)
        self._steps = 0
        return self.see(), {"is_success": False}

    def step(
        self, action: NDArray[Any]
    ) -> tuple[Frame, float, bool, bool, dict[str, Any]]:
        """Let the robot carry out an action.

        Raises:
            BadInput: unless it is as many finite numbers as there are to be.
        """
        fits = np.shape(action) == self.action_space.shape
        if not fits or not np.isfinite(action).all():
            raise BadInput(
                f"action: expected {self._called} finite numbers, got {action}"
            )
        reward, done = self._robot.step(np.asarray(action, np.float32))
        self._steps += 1
        over = self._steps >= self._max_steps
        return self.see(), reward, done, over and not done, {"is_success": done}

    @abstractmethod
    def see(self) -> Frame:
        """What is seen now, made anew."""
