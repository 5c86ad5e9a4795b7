"""A hand and what it is to do: what differs from one of Adroit's tasks to the next."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

from onehop_interfaces import BadInput

from ._adroit_env import AdroitEnv, View

__all__ = ["Hand", "check_installed", "make_hand"]


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


def make_hand(hand: Hand, max_steps: int) -> AdroitEnv:
    """The environment of its task.

    Raises:
        BadInput: if it is not installed.
    """
    check_installed(hand)
    return AdroitEnv(hand.environment, hand.view, max_steps)


def check_installed(hand: Hand) -> None:
    """Refuse a task whose environment is not installed.

    Raises:
        BadInput: naming the extra.
    """
    if find_spec("mujoco") is None or find_spec("gymnasium_robotics") is None:
        raise BadInput(
            f"--task {hand.task}: expected Gymnasium-Robotics to be installed; "
            "pip install 'onehop-tasks[adroit]'"
        )
