"""Adroit: a hand of 24 joints opens a door, hammers a nail in, turns a pen.

It is seen as a cloud, as DP3 and SDM Policy report on. Who shows how are the experts of
DAPG, which see the whole state: their mean actions, for as long as an episode lasts.
Only episodes that end at the goal are demonstrations.

Where their file is not at hand, recorded episodes of Minari's `D4RL/<door, hammer,
pen>/expert-v2` do: they hold no clouds, but the full state of every step, which is
looked at anew.

They need MuJoCo and Gymnasium-Robotics, an extra: `onehop-tasks[adroit]`.

References:
    | Learning Complex Dexterous Manipulation with Deep Reinforcement Learning and
    | Demonstrations (Rajeswaran et al., 2018) | https://arxiv.org/abs/1709.10087
    | 3D Diffusion Policy (Ze et al., 2024), section IV | https://arxiv.org/abs/2403.03954
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from onehop_envs import Demonstrations, Eye, MinariEpisodes, load_dapg
from onehop_interfaces import BadInput
from onehop_teachers import cloud_teacher

from ._adroit_env import JOINTS, AdroitEnv, View
from ._demonstrator import Demonstrator, Manner
from ._measure import Measure, Outcome
from ._scene import Env, Frame, Scene
from ._starts import Starts
from ._study import Group, Study
from ._task import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ADROIT", "ADROIT_STUDIES"]

MAX_STEPS = 200
PERIOD = 0.01
EXPERTS = Path("../shared/data/adroit_experts.npz")
"""Where the experts' file is looked for, from the repository's root."""


class Hand(NamedTuple):
    """What is a task's own.

    Attributes:
        name: Of the task, without the family's; as files of experts have it, too.
        about: One line.
        action_dim: A: the hand's joints, and those of the arm.
        placed: What a recorded state calls the place of what does not move.
        view: What is seen.
    """

    name: str
    about: str
    action_dim: int
    placed: str
    view: View

    @property
    def task(self) -> str:
        """Name of the task."""
        return f"adroit-{self.name}"

    @property
    def environment(self) -> str:
        """As Gymnasium-Robotics calls it."""
        return f"AdroitHand{self.name.capitalize()}-v1"


def _make(hand: Hand, max_steps: int = MAX_STEPS) -> AdroitEnv:
    """The environment.

    Raises:
        BadInput: if it is not installed.
    """
    _check_installed(hand)
    return AdroitEnv(hand.environment, hand.view, max_steps)


def _check_installed(hand: Hand) -> None:
    if find_spec("mujoco") is None or find_spec("gymnasium_robotics") is None:
        raise BadInput(
            f"--task {hand.task}: expected Gymnasium-Robotics to be installed; "
            "pip install 'onehop-tasks[adroit]'"
        )


def _demonstrator(hand: Hand, manner: Manner) -> Demonstrator:
    """The expert of a file, or the recorded episodes of a folder, seen anew.

    Raises:
        BadInput: if there is neither, or the file has no such expert.
    """
    _check_installed(hand)
    facts = {"environment": hand.environment, "actions": "joints, -1 to 1 of range"}
    if manner.states is not None:
        manner.only(hand.task, "states")
        name, episode = "onehop_envs.MinariEpisodes", partial(_again, hand)
        given = {"states": manner.states}
        facts["recorded"] = str(MinariEpisodes(manner.states).meta["source"])
    else:
        manner.only(hand.task, "policies")
        if manner.policies is None:
            raise BadInput(
                f"--policies: expected a file of experts for --task {hand.task}, "
                "got none"
            )
        load_dapg(manner.policies, hand.name)
        name, episode = "onehop_envs.load_dapg", partial(_shown, hand)
        given = {"policies": manner.policies}
        facts["policies_sha256"] = sha256(manner.policies.read_bytes()).hexdigest()
    (source,) = given.values()
    return Demonstrator(
        name=name,
        episode=partial(episode, source),
        max_steps=MAX_STEPS,
        options={"task": hand.task, **{k: str(path) for k, path in given.items()}},
        facts={**facts, "units": {"point_cloud": "m", "agent_pos": "rad"}},
        libraries=("numpy", "gymnasium", "gymnasium-robotics", "mujoco"),
    )


def _shown(
    hand: Hand, policies: Path, i: int, seed: int, max_steps: int
) -> Demonstrations:
    """The expert's episode from a seed."""
    expert, rng = load_dapg(policies, hand.name), np.random.default_rng(seed)
    frames, actions, over = [], [], False
    with _make(hand, max_steps) as env:
        frame, _ = env.reset(seed=seed)
        while not over:
            frames.append(frame)
            actions.append(expert.act(env.state, 0.0, rng).astype(np.float32))
            frame, _, _, over, info = env.step(actions[-1])
    return _seen(frames, np.array(actions), info["is_success"])


def _again(
    hand: Hand, recorded: Path, i: int, seed: int, max_steps: int
) -> Demonstrations:
    """Recorded episode i, looked at anew; its last step is done again, to judge it."""
    episodes = MinariEpisodes(recorded)
    if i >= len(episodes.lengths):
        raise BadInput(
            f"--episodes: expected at most {len(episodes.lengths)}, as in {recorded}, "
            "got more"
        )
    actions = episodes.episode(i).actions[:max_steps]
    states = episodes.states(i, ("qpos", "qvel", hand.placed))
    frames = []
    with _make(hand) as env:
        env.reset(seed=seed)
        for k in range(len(actions)):
            env.place({name: rows[k] for name, rows in states.items()})
            frames.append(env.see())
        *_, info = env.step(actions[-1])
    return _seen(frames, actions, info["at_goal"])


def _seen(frames: list[Frame], actions: NDArray[Any], solved: bool) -> Demonstrations:
    obs = {name: np.stack([frame[name] for frame in frames]) for name in frames[0]}
    return Demonstrations(obs, actions, np.array([len(actions)]), {"solved": solved})


def _at_goal(reward: float, info: Mapping[str, Any]) -> float:
    return float(info["at_goal"])


def _sense(env: Env) -> object:
    return env.see() if isinstance(env, AdroitEnv) else None


def _task(hand: Hand) -> Task:
    return Task(
        name=hand.task,
        about=hand.about,
        scene=Scene(
            make=partial(_make, hand),
            obs=("point_cloud", "agent_pos"),
            max_steps=MAX_STEPS,
            period=PERIOD,
            libraries=("gymnasium-robotics", "mujoco"),
            at_once=20,
            sensing=_sense,
        ),
        measure=Measure(
            "at the goal",
            _at_goal,
            Outcome("at the goal at the end", lambda values: float(values[-1])),
            (Outcome("ever at the goal", lambda values: float(values.max())),),
        ),
        starts={
            "test": Starts("test", 500_000, 20, 100_000),
            "validation": Starts("validation", 400_000, 20, 100_000),
        },
        teacher=partial(cloud_teacher, JOINTS, hand.action_dim),
        demonstrator=partial(_demonstrator, hand),
    )


# Boxes begin above the table, at z = 0, and end where hand and objects do in the
# experts' episodes from 15 starts; what hangs over is more of the forearm, of the
# door's frame and of its upper edge, which say nothing new.
ADROIT = tuple(
    _task(hand)
    for hand in (
        Hand(
            name="door",
            about="turn a latch and open a door with a hand",
            action_dim=28,
            placed="door_body_pos",
            # From above and before the door, on the side of the latch: it opens
            # towards the eye, and neither arm nor leaf hides the other.
            view=View(
                Eye((-0.45, -0.85, 0.95), (0.1, -0.05, 0.2), 46.0),
                ((-0.4, -0.5, 0.005), (0.55, 0.45, 0.45)),
            ),
        ),
        Hand(
            name="hammer",
            about="take a hammer and drive a nail into a board",
            action_dim=26,
            placed="board_pos",
            # From the side, across the nail: how far it is out is seen best.
            view=View(
                Eye((-0.45, -0.75, 0.65), (0.02, -0.16, 0.13), 32.0),
                ((-0.3, -0.32, 0.005), (0.26, 0.1, 0.34)),
            ),
        ),
        Hand(
            name="pen",
            about="turn a pen in a hand until it lies as the one beside it",
            action_dim=24,
            placed="desired_orien",
            # Into the palm from above, along the forearm; the target is beside it.
            view=View(
                Eye((0.12, -0.6, 0.72), (0.065, -0.185, 0.22), 31.0),
                ((-0.18, -0.32, 0.005), (0.28, -0.04, 0.36)),
            ),
        ),
    )
)

ADROIT_STUDIES = tuple(
    Study(
        name=task.name,
        about="DAPG's expert seen as clouds, ten episodes of it; a teacher of its own",
        task=task,
        collect=10,
        policies=lambda: EXPERTS,
        starts={"test": 20},
        group=Group("adroit"),
    )
    for task in ADROIT
)
