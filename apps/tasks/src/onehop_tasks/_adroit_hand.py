"""A hand and what it is to do: what differs from one of Adroit's tasks to the next."""

from __future__ import annotations

from typing import NamedTuple

from ._adroit_env import AdroitEnv, View
from ._installed import check_installed

__all__ = ["Hand", "check_hand", "make_hand"]


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
    check_hand(hand)
    return AdroitEnv(hand.environment, hand.view, max_steps)


def check_hand(hand: Hand) -> None:
    """Refuse a task whose environment is not installed.

    Raises:
        BadInput: naming the extra.
    """
    modules = "mujoco", "gymnasium_robotics"
    check_installed(hand.task, "Gymnasium-Robotics", "adroit", *modules)
