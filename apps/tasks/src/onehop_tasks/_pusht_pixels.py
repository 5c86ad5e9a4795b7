"""Push-T from pictures: what Diffusion Policy, SwiftPolicy and OneFlow-DP report on.

Seen are a picture and where the agent is [px]; all else is Push-T.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import onehop_zoo
from onehop_envs import Demonstrations, with_pictures
from onehop_interfaces import BadInput
from onehop_teachers import pusht_pixels_teacher

from ._demonstrator import Demonstrator, Manner
from ._pusht import EXTENT, MAX_STEPS, PUSHT, PUSHT_STUDY, planner
from ._scene import Picture, made
from ._study import Budget, Study

__all__ = ["PIXELS_STUDY", "PUSHT_PIXELS"]


def _demonstrator(manner: Manner) -> Demonstrator:
    """Push-T's planner, or the episodes of a file, seen as pictures.

    Raises:
        BadInput: for a temperature that is none, and for other choices.
    """
    if manner.states is None:
        shown = planner(manner)
    else:
        manner.only("pusht-pixels", "states")
        shown = replace(
            planner(Manner()),
            name="onehop_envs.with_pictures",
            episode=partial(_again, manner.states),
            options={"states": str(manner.states)},
        )
    return replace(
        shown,
        episode=partial(_seen, shown.episode),
        options={"task": "pusht-pixels", **shown.options},
        facts={
            "environment": "onehop/PushTPixelsAgentPos",
            "units": {"image": "0 to 255", "agent_pos": "px"},
            "actions": "target position of the agent [px]",
        },
        libraries=(*shown.libraries, "pillow"),
    )


def _seen(
    episode: Callable[[int, int, int], Demonstrations], i: int, seed: int, steps: int
) -> Demonstrations:
    return with_pictures(episode(i, seed, steps))


def _again(states: Path, i: int, seed: int, max_steps: int) -> Demonstrations:
    """Episode i of a file."""
    recorded = _recorded(states)
    if i >= len(recorded):
        raise BadInput(
            f"--episodes: expected at most {len(recorded)}, as in {states}, got more"
        )
    return replace(recorded.select([i]), meta={"solved": True})


@lru_cache(maxsize=1)
def _recorded(states: Path) -> Demonstrations:
    return Demonstrations.load(states)


PUSHT_PIXELS = replace(
    PUSHT,
    name="pusht-pixels",
    about="push the T onto its goal; a picture and the agent in, target positions out",
    scene=replace(
        PUSHT.scene,
        make=lambda: made("onehop/PushTPixelsAgentPos-v0", MAX_STEPS),
        obs=("image", "agent_pos"),
    ),
    teacher=pusht_pixels_teacher,
    demonstrator=_demonstrator,
    picture=Picture(lambda frame: frame["agent_pos"], EXTENT),
)
PIXELS_STUDY = Study(
    name="pixels",
    about="the planner's demonstrations, seen as pictures; a good teacher",
    task=PUSHT_PIXELS,
    states=lambda: onehop_zoo.path("pusht-planner"),
    teacher=lambda: onehop_zoo.path("pusht-pixels-teacher"),
    teach=Budget(20_000, ("--batch-size", "128", "--draws", "4")),
    conditions=True,
    budgets={
        **{name: replace(of, seeds=1) for name, of in PUSHT_STUDY.budgets.items()},
        "sds": Budget(2_400),
        "sdm": Budget(5_000),
        "oneflow": PUSHT_STUDY.budgets["oneflow"],
    },
)
