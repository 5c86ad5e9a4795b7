"""What Push-T looks like: the picture, and where the agent is.

    image      (96, 96, 3)  bytes, as Diffusion Policy's data have it
    agent_pos  (2,)         x, y [px] of the world, 512 across

A picture is made of the state alone, so that a recording of states is one of pictures,
too, at a hundredth of the size.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 5.2 | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput

from ._demonstrations import Demonstrations
from ._pusht_drawing import draw_pusht
from ._pusht_physics import PushTState

__all__ = ["PICTURE", "pictured", "with_pictures"]

PICTURE = 96
"""Side of the picture [px]."""


def pictured(state: PushTState) -> dict[str, NDArray[Any]]:
    """What is seen of a state: "image" and "agent_pos"."""
    return {
        "image": draw_pusht(state, PICTURE),
        "agent_pos": np.array(state[:2], np.float32),
    }


def with_pictures(demonstrations: Demonstrations) -> Demonstrations:
    """The same Push-T episodes, seen as pictures.

    Args:
        demonstrations: With the observation "state" (N, 5) [px, rad].

    Returns:
        As many episodes of obs "image" (N, 96, 96, 3) and "agent_pos" (N, 2) [px].

    Raises:
        BadInput: if there is no state to draw.
    """
    states = states_of(demonstrations, "with_pictures")
    image = np.empty((len(states), PICTURE, PICTURE, 3), np.uint8)
    for i, state in enumerate(states.astype(np.float64).tolist()):
        image[i] = draw_pusht(tuple(state), PICTURE)
    return Demonstrations(
        {"image": image, "agent_pos": np.array(states[:, :2], np.float32)},
        demonstrations.actions,
        demonstrations.episode_ends,
        demonstrations.meta,
    )


def states_of(demonstrations: Demonstrations, where: str) -> NDArray[Any]:
    """The observation "state" (N, 5) of Push-T episodes.

    Args:
        demonstrations: The episodes.
        where: Who wants it, for messages.

    Raises:
        BadInput: if there is none.
    """
    state = demonstrations.obs.get("state")
    if state is None or state.shape[1:] != (5,):
        came = {name: array.shape[1:] for name, array in demonstrations.obs.items()}
        raise BadInput(f"{where}: expected the observation state (N, 5), got {came}")
    return state
