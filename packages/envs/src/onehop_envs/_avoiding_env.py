"""Avoiding as a Gymnasium environment: get a rod past six cylinders to a finish line.

A control step lasts T = 0.035 s. The action (2,) is the change of the desired point d
[m], at most 0.02 m in x and in y; the observation (4,) is d and the rod's position p.
An episode ends as a success once the rod is beyond the finish line y = 0.35, as a
failure as soon as it touches a cylinder, and after 250 steps.

D3IL moves a simulated arm, whose Cartesian controller answers an error with a velocity
in proportion to it. Here the rod does what that controller asks for, and no more:

    dp/dt = k (d - p),      k = 20 [1/s].

So what is observed is all there is: position and desired point decide the future. While
d rests, during a step, the solution is

    p(t) = d + (p(0) - d) exp(-k t),

a straight line on which the rod gets 1 - exp(-k T) = 0.50 of the way to d. Whether and
where the rod touches a cylinder on a straight line is a quadratic equation: contact is
exact, however fast the rod is. It stops where it touches.

References:
    | Towards Diverse Behaviors: A Benchmark for Imitation Learning with Human
    | Demonstrations (Jia et al., 2024), D3IL | https://arxiv.org/abs/2402.14606
    | its code, for the scene and its controllers | https://github.com/ALRhub/d3il
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from onehop_interfaces import BadInput

from ._avoiding_drawing import draw_avoiding
from ._avoiding_scene import (
    AVOIDING_WINDOW,
    FINISH,
    START,
    Point,
    clearance,
    first_touch,
)
from ._pair import finite_pair
from ._render import RENDER_MODES, check_render

__all__ = ["LARGEST_STEP", "MAX_STEPS", "AvoidingEnv"]

Array: TypeAlias = NDArray[Any]

LARGEST_STEP = 0.02  # of the desired point, in x and in y [m]
MAX_STEPS = 250

_STEP_SECONDS = 0.035
_RATE = 20.0  # k [1/s]
_SHARE = 1.0 - exp(-_RATE * _STEP_SECONDS)

_LEFT, _BOTTOM, _SIDE = AVOIDING_WINDOW
_LOW = np.array([_LEFT, _BOTTOM] * 2)


class AvoidingEnv(gym.Env[Array, Array]):
    """Avoiding, with desired x, y and actual x, y [m] as observation (4,).

    The desired point is kept inside `AVOIDING_WINDOW`. The reward is 1 for the step
    that succeeds. The info holds

    * "progress": (y - y_start) / (0.35 - y_start) of the rod with D3IL's y_start, not
      clipped: above 1 for a success, and for nothing else;
    * "is_success", "contact": why the episode has ended, if it has;
    * "state": the observation.

    `reset` starts where D3IL does, at rest, or at the option {"position": [x, y]} [m].

    Args:
        render_mode: None or "rgb_array".
        render_size: Side of the picture that `render` returns [px].
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": 29}  # noqa: RUF012
    observation_space = Box(_LOW, _LOW + _SIDE, dtype=np.float64)

    def __init__(self, render_mode: str | None = None, render_size: int = 256) -> None:
        check_render(render_mode, render_size)
        self.render_mode = render_mode
        self.render_size = render_size
        self.action_space = Box(-LARGEST_STEP, LARGEST_STEP, (2,), np.float32)
        self._desired = self._position = START
        self._contact = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start an episode; nothing is drawn from `seed`.

        Raises:
            BadInput: naming the option that is not as expected.
        """
        super().reset(seed=seed)
        self._desired = self._position = _start(options or {})
        self._contact = False
        return self._observation(), self._info()

    def step(self, action: Array) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Move the desired point by `action` (2,) [m], clipped, and let 0.035 s pass.

        Raises:
            BadInput: unless the action is two finite numbers.
        """
        self._desired = _moved(self._desired, finite_pair("action", action))
        ahead = _between(self._position, self._desired, _SHARE)
        touch = first_touch(self._position, ahead)
        self._contact = touch is not None
        if touch is not None:
            ahead = _between(self._position, ahead, touch)
        self._position = ahead
        info = self._info()
        success = info["is_success"]
        terminated = success or self._contact
        return self._observation(), float(success), terminated, False, info

    def render(self) -> NDArray[np.uint8] | None:
        """The picture (render_size, render_size, 3) of `AVOIDING_WINDOW`, y up."""
        if self.render_mode is None:
            return None
        return draw_avoiding((*self._desired, *self._position), self.render_size)

    def _observation(self) -> Array:
        return np.array((*self._desired, *self._position))

    def _info(self) -> dict[str, Any]:
        progress = (self._position[1] - START[1]) / (FINISH - START[1])
        return {
            "progress": progress,
            "is_success": progress > 1.0,
            "contact": self._contact,
            "state": self._observation(),
        }


def _moved(desired: Point, change: Point) -> Point:
    """The desired point after a change, both within their limits [m]."""
    dx, dy = (min(max(c, -LARGEST_STEP), LARGEST_STEP) for c in change)
    return (
        min(max(desired[0] + dx, _LEFT), _LEFT + _SIDE),
        min(max(desired[1] + dy, _BOTTOM), _BOTTOM + _SIDE),
    )


def _between(begin: Point, end: Point, share: float) -> Point:
    """The point that is `share` of the way from `begin` to `end`."""
    return (
        begin[0] + share * (end[0] - begin[0]),
        begin[1] + share * (end[1] - begin[1]),
    )


def _start(options: Mapping[str, Any]) -> Point:
    """Where `reset` is to start.

    Raises:
        BadInput: for an option of another name or a position that is none.
    """
    if not options:
        return START
    if set(options) != {"position"}:
        raise BadInput(f"reset options: expected 'position', got {sorted(options)}")
    x, y = finite_pair("reset option 'position'", options["position"])
    inside = _LEFT <= x <= _LEFT + _SIDE and _BOTTOM <= y <= FINISH
    if not inside or clearance([(x, y)]) <= 0.0:
        raise BadInput(
            f"reset option 'position': expected x in [{_LEFT}, {_LEFT + _SIDE}] m and "
            f"y in [{_BOTTOM}, {FINISH}] m clear of the cylinders, got [{x:g}, {y:g}]"
        )
    return x, y


gym.register(
    "onehop/Avoiding-v0",
    entry_point=f"{__name__}:{AvoidingEnv.__name__}",
    max_episode_steps=MAX_STEPS,
)
