"""A task: all that the commands know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onehop_envs import Demonstrations
from onehop_interfaces import BadInput, Signature
from onehop_interfaces import named as entry
from onehop_teachers import DiffusionTeacher

from ._demonstrator import Demonstrator, Manner
from ._measure import Measure
from ._scene import Picture, Scene
from ._starts import Starts

__all__ = ["Task"]


@dataclass(frozen=True)
class Task:
    """What to do, how it is judged, taught and drawn.

    Attributes:
        name: As said on the command line.
        about: One line.
        scene: Where it takes place.
        measure: What is measured.
        starts: The sets of starts by name.
        teacher: The standard teacher, with fresh weights.
        demonstrator: Who shows how, in a manner.
        modes: M, in how many ways it can be done; 0 where nobody counts them.
        picture: How it is drawn, if it is planar.
        mirror: Demonstrations to their mirror images, if it looks the same in a mirror.
    """

    name: str
    about: str
    scene: Scene
    measure: Measure
    starts: Mapping[str, Starts]
    teacher: Callable[[], DiffusionTeacher]
    demonstrator: Callable[[Manner], Demonstrator] | None = None
    modes: int = 0
    picture: Picture | None = None
    mirror: Callable[[Demonstrations], Demonstrations] | None = None

    def starts_named(self, name: str) -> Starts:
        """The set of starts of that name.

        Raises:
            BadInput: if there is none; the message names those there are.
        """
        return entry(self.starts, "--starts", name)

    def check(self, name: str, signature: Signature) -> None:
        """Refuse a policy that wants other observations than the task's.

        Raises:
            BadInput: naming the policy, what the task gives and what it wants.
        """
        if not set(signature.obs) <= set(self.scene.obs):
            raise BadInput(
                f"{name}: the task {self.name!r} gives {sorted(self.scene.obs)}, "
                f"but the policy wants {sorted(signature.obs)}"
            )
