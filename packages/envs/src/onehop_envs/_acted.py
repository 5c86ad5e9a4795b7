"""Watching an actor: its episodes, with what they earned.

In some episodes the actor is disturbed: at every step, with probability p, its next L
actions are drawn evenly from the action space instead. What follows is how a robot gets
out of, or stays in, what the actor alone never does; a critic that has not seen it
takes it for good.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray

from ._actor import Actor
from ._demonstrations import Demonstrations
from ._rewards import Rewards

__all__ = ["Bursts", "watch"]


class Bursts(NamedTuple):
    """When an actor is disturbed.

    Attributes:
        probability: p, that a burst begins.
        length: L [steps].
    """

    probability: float
    length: int


def watch(
    actor: Actor,
    env: gymnasium.Env[Any, Any],
    seed: int,
    noise: float,
    bursts: Bursts | None = None,
) -> Demonstrations:
    """One episode, in half precision: enough for a critic, at half the size.

    Args:
        actor: Who acts.
        env: Where; it ends episodes. Its observation is "state".
        seed: Of the start and of all that is drawn.
        noise: Of the actor, 0 for its mean.
        bursts: When it is disturbed; never by default.
    """
    rng = np.random.default_rng(seed)
    state, _ = env.reset(seed=seed)
    states, actions, rewards, disturbed = [], [], [], 0
    terminated = truncated = False
    while not (terminated or truncated):
        if bursts is not None and not disturbed and rng.random() < bursts.probability:
            disturbed = bursts.length
        a = rng.uniform(-1, 1, actor.action_dim) if disturbed else None
        disturbed = max(disturbed - 1, 0)
        action = _half(actor.act(state, noise, rng) if a is None else a)
        states.append(_half(state))
        actions.append(action)
        state, reward, terminated, truncated, _ = env.step(action.astype(np.float32))
        rewards.append(float(reward))
    return Demonstrations(
        {"state": np.array(states)},
        np.array(actions),
        np.array([len(actions)]),
        {"return": float(np.sum(rewards))},
        Rewards(np.array(rewards, np.float16), np.array([terminated])),
    )


def _half(values: Any) -> NDArray[np.float16]:
    return np.asarray(values, np.float16)
