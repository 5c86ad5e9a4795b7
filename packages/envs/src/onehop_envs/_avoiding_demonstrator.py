"""A demonstrator for Avoiding: every way past the cylinders, as a person might go it.

Between the start, the three levels and the finish the path is a graph over y that goes
from x_0 to x_1 with no slope and no curvature at either end,

    x = x_0 + (x_1 - x_0) s(u),      s(u) = 10 u^3 - 15 u^4 + 6 u^5,

where u in [0, 1] is the share of the way in y (the minimum-jerk polynomial). So it runs
straight through the middle part of each gap, and up to a level nothing tells which gap
of the next one it is going to take: all ways with the same gaps so far look the same.
Where in a gap, and how fast, is drawn by chance.

The desired point d follows the points r_0, r_1, ... of the path, one per step, with
noise that it then recovers from:

    d_{i+1} = r_{i+1} + (1 - g) (d_i - r_i) + eps_i,      eps_i ~ N(0, sigma^2).

An episode that leaves the rod less than 1 cm of room is drawn again.

References:
    | The Coordination of Arm Movements: An Experimentally Confirmed Mathematical Model
    | (Flash and Hogan, 1985), minimum jerk
    | https://doi.org/10.1523/JNEUROSCI.05-07-01688.1985
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from onehop_interfaces import BadInput

from ._avoiding_env import LARGEST_STEP, MAX_STEPS, AvoidingEnv
from ._avoiding_modes import avoiding_gaps, avoiding_mode
from ._avoiding_scene import CYLINDERS, LEVELS, ROD_RADIUS, START, Array, clearance
from ._demonstrations import Demonstrations

__all__ = ["demonstrate_avoiding"]

_ROOM = 0.01  # that the rod keeps to every cylinder [m]
_LEAST_ROOM, _MOST_ROOM = 0.02, 0.045  # of a path where it crosses a level [m]
_AWAY = 0.02  # how far, in x, it may end from where it crosses the last level [m]
_TOP = 0.41  # y at which it ends, beyond the finish line [m]
_SPEEDS = (0.0095, 0.012)  # slowest and fastest [m per step]
_STARTING = 5  # steps until that speed is reached
_FEEDBACK = 0.25  # g
_NOISE = 0.0015  # sigma [m]


class _Recording(NamedTuple):
    """What happened in an episode.

    Attributes:
        states: Observations (N + 1, 4), the last one after the last action [m].
        actions: (N, 2) [m].
        success: Whether it got past the finish line.
    """

    states: Array
    actions: Array
    success: bool


def demonstrate_avoiding(
    mode: int, seed: int, max_steps: int = MAX_STEPS
) -> Demonstrations:
    """Get past the cylinders in one of the 24 modes.

    Args:
        mode: Which one, as `avoiding_mode` counts them.
        seed: Of all that is drawn by chance; another mode draws other numbers.
        max_steps: After which the recording stops, solved or not.

    Returns:
        One episode of obs "state" (N, 4) [m], as the environment observes it, and
        actions (N, 2) [m]. Its meta says whether it is "solved", and its "mode".

    Raises:
        BadInput: for a mode or a seed that is none.
    """
    gaps = avoiding_gaps(mode)
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise BadInput(f"seed: expected a whole number >= 0, got {seed!r}")
    random = np.random.default_rng([seed, mode])
    recording = _record(_path(gaps, random), random, max_steps)
    while clearance(recording.states[:, 2:]) < _ROOM:
        recording = _record(_path(gaps, random), random, max_steps)
    done = recording.success and avoiding_mode(recording.states[:, 2:]) == mode
    return Demonstrations(
        {"state": recording.states[:-1].astype(np.float32)},
        recording.actions.astype(np.float32),
        np.array([len(recording.actions)]),
        {"solved": done, "mode": int(mode)},
    )


def _path(gaps: tuple[int, int, int], random: np.random.Generator) -> Array:
    """A path (P, 2) through these gaps, one point for every step [m]."""
    crossings = [
        (_crossing(gap, cylinders, random), y)
        for gap, (y, cylinders) in zip(gaps, LEVELS, strict=True)
    ]
    end = crossings[-1][0] + random.uniform(-_AWAY, _AWAY)
    corners = np.array([START, *crossings, (end, _TOP)])
    y = np.linspace(START[1], _TOP, 1000)
    x = _graph(corners, y)
    length = np.concatenate([[0.0], np.hypot(np.diff(x), np.diff(y)).cumsum()])
    speed = random.uniform(*_SPEEDS)
    steps = np.arange(1, 1 + int(length[-1] / speed) + _STARTING)
    gone = speed * np.minimum(steps / _STARTING, 1.0).cumsum()
    gone = np.concatenate([[0.0], gone[gone < length[-1]]])
    return np.stack([np.interp(gone, length, x), np.interp(gone, length, y)], axis=1)


def _crossing(
    gap: int, cylinders: tuple[float, ...], random: np.random.Generator
) -> float:
    """Where in a gap of a level to cross it: x [m]."""
    reach = ROD_RADIUS + max(c.radius for c in CYLINDERS if c.x in cylinders)
    lows = [x + reach for x in cylinders]
    highs = [x - reach for x in cylinders]
    low = lows[gap - 1] if gap > 0 else highs[0] - _MOST_ROOM - _LEAST_ROOM
    high = highs[gap] if gap < len(cylinders) else lows[-1] + _MOST_ROOM + _LEAST_ROOM
    return float(random.uniform(low + _LEAST_ROOM, high - _LEAST_ROOM))


def _graph(corners: Array, y: Array) -> Array:
    """x at heights y (P,) of the path with these corners (C, 2), lowest first."""
    above = np.searchsorted(corners[:, 1], y, side="right")
    above = np.minimum(above, len(corners) - 1)
    (x_0, y_0), (x_1, y_1) = corners[above - 1].T, corners[above].T
    u = (y - y_0) / (y_1 - y_0)
    return np.asarray(x_0 + (x_1 - x_0) * u**3 * (10.0 - 15.0 * u + 6.0 * u**2))


def _record(path: Array, random: np.random.Generator, max_steps: int) -> _Recording:
    """Follow a path (P, 2) in the environment until it says that this is the end."""
    env = AvoidingEnv()
    state, _ = env.reset()
    states, actions, success = [state], [], False
    for now, then in pairwise(path[: max_steps + 1]):
        desired = state[:2]
        wanted = then + (1.0 - _FEEDBACK) * (desired - now)
        change = wanted - desired + random.normal(0.0, _NOISE, 2)
        action = np.clip(change, -LARGEST_STEP, LARGEST_STEP).astype(np.float32)
        state, _, terminated, _, info = env.step(action)
        success = info["is_success"]
        states.append(state)
        actions.append(action)
        if terminated:
            break
    return _Recording(np.array(states), np.array(actions), success)
