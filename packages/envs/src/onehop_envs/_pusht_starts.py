"""Where a Push-T episode starts.

Diffusion Policy's evaluation draws the start for seed s from numpy's legacy generator
RandomState(s): the agent in [50, 450)^2, the block in [100, 400)^2, both whole pixels,
and the angle from 2 pi N(0, 1) - pi. Its test seeds are 100000, 100001 and so on.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023) | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, nan, pi
from typing import Any

import numpy as np

from onehop_interfaces import BadInput

from ._pusht_physics import WORLD, PushTState

__all__ = ["chosen_start", "paper_start", "random_start"]

_OPTIONS = ("state", "paper_seed")


def paper_start(seed: int) -> PushTState:
    """The start that Diffusion Policy's environment draws for `seed`.

    Raises:
        BadInput: unless the seed is a whole number that fits 32 bits.
    """
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if not (whole and 0 <= seed < 2**32):
        raise BadInput(f"paper_seed: expected a whole number < 2^32, got {seed!r}")
    # The paper's starts are defined by this generator and no other.
    random = np.random.RandomState(int(seed))
    agent_x, agent_y = random.randint(50, 450), random.randint(50, 450)
    x, y = random.randint(100, 400), random.randint(100, 400)
    angle = random.randn() * 2 * pi - pi
    return float(agent_x), float(agent_y), float(x), float(y), angle


def random_start(random: np.random.Generator) -> PushTState:
    """A start from the same ranges with every angle equally likely."""
    agent_x, agent_y = random.integers(50, 450), random.integers(50, 450)
    x, y = random.integers(100, 400), random.integers(100, 400)
    angle = float(random.uniform(-pi, pi))
    return float(agent_x), float(agent_y), float(x), float(y), angle


def chosen_start(options: Mapping[str, Any]) -> PushTState | None:
    """The start that reset's `options` name, if they name one.

    Raises:
        BadInput: for an option of another name or a state that is none.
    """
    given = sorted(options)
    if len(given) > 1 or not set(given) <= set(_OPTIONS):
        raise BadInput(f"reset options: expected one of {_OPTIONS}, got {given}")
    if "paper_seed" in options:
        return paper_start(options["paper_seed"])
    return _checked(options["state"]) if "state" in options else None


def _checked(state: Any) -> PushTState:
    try:
        agent_x, agent_y, x, y, angle = map(float, state)
    except (TypeError, ValueError):
        agent_x = agent_y = x = y = angle = nan
    inside = all(0.0 <= p <= WORLD for p in (agent_x, agent_y, x, y))
    if not (inside and isfinite(angle)):
        came = " ".join(repr(state).split())
        raise BadInput(
            "reset option 'state': expected 5 finite numbers (agent x, y and block "
            f"x, y in [0, {WORLD:g}] px, angle in rad), got {came}"
        )
    return agent_x, agent_y, x, y, angle
