"""A planner that solves Push-T: the demonstrator.

It plans two pushes ahead. Of all pushes from the scene at hand the most promising are
followed by all pushes from what they lead to, and the first push of the pair with the
fewest steps, those still to go included, is done: round the T to where it starts, then
straight on to where it stops. Then the planner looks again, and earlier if the T moved
when it should not have.

Everything is simulated by `_pusht_quasistatic`, which needs no copy of the scene.

The action is a target that runs ahead of the agent at a bounded speed and slows down
before every stop, so that the agent, a critically damped follower, never overshoots.

With a temperature, the plan is drawn by chance: plan i of J_i steps with a probability
proportional to exp(-J_i / temperature), by the Gumbel-max rule.
"""

from __future__ import annotations

from functools import cache
from math import isfinite, radians
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from onehop_interfaces import BadInput

from ._pusht_physics import WORLD
from ._pusht_progress import distance, steps_to_go
from ._pusht_pushes import SPEED, PushSearch
from ._pusht_quasistatic import Array, centred

__all__ = ["PushTPlanner"]

_ANGLES = tuple(map(radians, (-30.0, -15.0, 0.0, 15.0, 30.0)))
_COARSE, _FINE = 15.0, 10.0  # spacing of contact points [px]
_NEAR = 40.0  # distance to the goal below which pushes are looked at finely [px]
_BEAM = 24  # first pushes that are followed by second ones
_WORTHWHILE = 2.0  # steps to go that a push has to save to be looked at

_SLOWEST, _BRAKING = 2.0, 0.55  # [px per step] and the part of the way left per step
_READY, _STOPPED = 3.5, 0.7  # how near the agent gets to start and end of a push [px]
_STRAY = 80.0  # from target to agent, when they have lost each other [px]
_SHIFTED, _TURNED = 2.0, 0.04  # what the T may move on the way to a push [px], [rad]


class _Plan(NamedTuple):
    """The next push.

    Attributes:
        way: Points to pass (2,) [px]; the last is where the push starts.
        end: Where the push stops (2,) [px].
        pose: Of the T when the plan was made (3,).
    """

    way: list[Array]
    end: Array
    pose: Array


class PushTPlanner:
    """Decides, step by step, what to do next; the same calls give the same actions.

    Args:
        seed: Of the chance that a temperature brings in.
        temperature: How many steps longer than the best a plan may well be [control
            steps]; 0 always takes the best.

    Raises:
        BadInput: if the temperature is negative or not finite.
    """

    def __init__(self, seed: int = 0, temperature: float = 0.0) -> None:
        if not (isfinite(temperature) and temperature >= 0.0):
            raise BadInput(f"temperature: expected a number >= 0, got {temperature}")
        self._temperature = temperature
        self._random = np.random.default_rng(seed)
        self._plan: _Plan | None = None
        self._target: Array = np.zeros(2)
        self._ahead: list[Array] = []
        self._pushing = False

    def act(self, state: ArrayLike) -> Array:
        """Decide on the next action.

        Args:
            state: Agent x, y, block x, y [px] and the block's angle [rad], (5,).

        Returns:
            Target position of the agent (2,) in [0, 512] [px].

        Raises:
            BadInput: unless `state` is five finite numbers.
        """
        agent, pose = _scene(state)
        if self._plan is None or self._is_over(self._plan, agent, pose):
            self._plan = self._decide(agent, pose)
            self._target, self._ahead = agent, list(self._plan.way)
            self._pushing = False
        arrived = np.hypot(*(agent - self._plan.way[-1])) < _READY
        if not self._pushing and not self._ahead and arrived:
            self._pushing, self._ahead = True, [self._plan.end]
        self._target = _advanced(self._target, self._ahead)
        return self._target.copy()

    def _is_over(self, plan: _Plan, agent: Array, pose: Array) -> bool:
        """Whether the push is done, or the scene is not what the plan was made for."""
        if np.hypot(*(agent - self._target)) > _STRAY:
            return True
        if self._pushing:
            return bool(np.hypot(*(agent - plan.end)) < _STOPPED)
        shift, turn = pose[:2] - plan.pose[:2], pose[2] - plan.pose[2]
        return bool(np.hypot(*shift) > _SHIFTED or abs(np.sin(turn / 2)) > _TURNED / 2)

    def _decide(self, agent: Array, pose: Array) -> _Plan:
        """The first push of the best pair, or of one drawn by the temperature."""
        search = _search(_FINE if distance(pose) < _NEAR else _COARSE)
        first = search(pose[None], agent[None])
        promise = first.steps + first.to_go
        idle = first.to_go > steps_to_go(pose[None])[0] - _WORTHWHILE
        if not idle.all():
            promise = np.where(idle, np.inf, promise)
        beam = promise.argsort(kind="stable")[:_BEAM]
        second = _search(_COARSE)(first.pose[beam], first.end[beam])
        then = (second.steps + second.to_go).reshape(len(beam), -1).min(axis=1)
        total = first.steps[beam] + np.minimum(then, first.to_go[beam])
        chosen = beam[self._drawn(total)]
        way = search.approach.way(pose, agent, int(chosen))
        return _Plan(way, np.clip(first.end[chosen], 0.0, WORLD), pose)

    def _drawn(self, total: Array) -> int:
        if self._temperature == 0.0:
            return int(total.argmin())
        luck = self._random.gumbel(size=total.shape)
        return int((luck - total / self._temperature).argmax())


@cache
def _search(spacing: float) -> PushSearch:
    return PushSearch(spacing, _ANGLES)


def _scene(state: ArrayLike) -> tuple[Array, Array]:
    """Agent (2,) and the pose (3,) of the T's centre of gravity."""
    scene = np.asarray(state, dtype=np.float64)
    if scene.shape != (5,) or not np.isfinite(scene).all():
        raise BadInput(f"state: expected 5 finite numbers, got {scene.tolist()}")
    return scene[:2], centred(scene[2:])


def _advanced(target: Array, ahead: list[Array]) -> Array:
    """Move the target one step on; points that it passes are taken off `ahead`."""
    budget = SPEED
    while ahead and budget > 0.0:
        gap = ahead[0] - target
        length = float(np.hypot(*gap))
        if len(ahead) == 1:
            budget = min(budget, max(_SLOWEST, _BRAKING * length))
        if length > budget:
            return np.asarray(target + gap * (budget / length))
        target = ahead.pop(0)
        budget -= length
    return target
