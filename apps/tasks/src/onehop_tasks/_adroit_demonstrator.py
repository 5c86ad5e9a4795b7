"""Who shows Adroit's tasks: DAPG's experts, or recorded episodes, looked at anew.

An expert sees the whole state, objects included, and acts by its mean for as long as an
episode lasts; what is kept is what a policy would have seen of it. Only episodes that
end at the goal are demonstrations.

Where their file is not at hand, recorded episodes of Minari's `D4RL/<door, hammer,
pen>/expert-v2` do: they hold no clouds, but the full state before every step, which is
looked at anew.

References:
    | Learning Complex Dexterous Manipulation with Deep Reinforcement Learning and
    | Demonstrations (Rajeswaran et al., 2018) | https://arxiv.org/abs/1709.10087
    | Minari: dataset standards | https://minari.farama.org/content/dataset_standards/
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_envs import Actor, Demonstrations, MinariEpisodes, load_dapg
from onehop_interfaces import BadInput
from onehop_interfaces.history import stacked

from ._adroit_env import MAX_STEPS
from ._adroit_hand import Hand, check_hand, make_hand
from ._demonstrator import Demonstrator, Manner
from ._scene import Frame

__all__ = ["demonstrator_of"]


def demonstrator_of(hand: Hand, manner: Manner) -> Demonstrator:
    """The expert of a file, or the recorded episodes of a folder, seen anew.

    Raises:
        BadInput: if there is neither, or the file has no such expert.
    """
    check_hand(hand)
    facts = {"environment": hand.environment, "actions": "joints, -1 to 1 of range"}
    if manner.states is not None:
        manner.only(hand.task, "states")
        name, option, source = "onehop_envs.MinariEpisodes", "states", manner.states
        episode = partial(_again, hand, source)
        facts["recorded"] = str(MinariEpisodes(source).meta["source"])
    else:
        name, option = "onehop_envs.load_dapg", "policies"
        source = manner.file_of("experts", hand.task)
        episode = partial(_shown, hand, load_dapg(source, hand.name))
        facts["policies_sha256"] = sha256(source.read_bytes()).hexdigest()
    return Demonstrator(
        name=name,
        episode=episode,
        max_steps=MAX_STEPS,
        options={"task": hand.task, option: str(source)},
        facts={**facts, "units": {"point_cloud": "m", "agent_pos": "rad"}},
        libraries=("numpy", "gymnasium", "gymnasium-robotics", "mujoco"),
    )


def _shown(
    hand: Hand, expert: Actor, i: int, seed: int, max_steps: int
) -> Demonstrations:
    """The expert's episode from a seed."""
    rng = np.random.default_rng(seed)
    frames, actions, over = [], [], False
    with make_hand(hand, max_steps) as env:
        frame, _ = env.reset(seed=seed)
        while not over:
            frames.append(frame)
            actions.append(expert.act(env.state, 0.0, rng).astype(np.float32))
            frame, _, _, over, info = env.step(actions[-1])
    return _seen(frames, np.array(actions), info["is_success"])


def _again(
    hand: Hand, source: Path, i: int, seed: int, max_steps: int
) -> Demonstrations:
    """Recorded episode i, looked at anew; its last step is done again, to judge it."""
    episodes = MinariEpisodes(source)
    if i >= len(episodes.lengths):
        raise BadInput(
            f"--episodes: expected at most {len(episodes.lengths)}, as in {source}, "
            "got more"
        )
    actions = episodes.episode(i).actions[:max_steps]
    states = episodes.states(i, ("qpos", "qvel", hand.placed))
    frames = []
    with make_hand(hand, MAX_STEPS) as env:
        env.reset(seed=seed)
        for k in range(len(actions)):
            env.place({name: rows[k] for name, rows in states.items()})
            frames.append(env.see())
        *_, info = env.step(actions[-1])
    return _seen(frames, actions, info["at_goal"])


def _seen(frames: list[Frame], actions: NDArray[Any], solved: bool) -> Demonstrations:
    ends = np.array([len(actions)])
    return Demonstrations(stacked(frames), actions, ends, {"solved": solved})
