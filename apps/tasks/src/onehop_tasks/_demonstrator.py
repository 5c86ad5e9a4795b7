"""A demonstrator: who shows how a task is done, and what there is to know about them.

It makes episode i from i, a seed that belongs to i alone, and a limit of steps, and
from nothing else. It travels to worker processes, so its function is one of a module's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from onehop_envs import Demonstrations, Json
from onehop_interfaces import BadInput

__all__ = ["Demonstrator", "Manner"]


@dataclass(frozen=True)
class Manner:
    """How something is to be shown, where there is a choice.

    Attributes:
        temperature: Of the choice among ways.
        policies: A file of those who can.
        states: A file of episodes that are to be seen anew.
    """

    temperature: float = 0.0
    policies: Path | None = None
    states: Path | None = None

    def only(self, task: str, *of_use: str) -> None:
        """Refuse what a task's demonstrator has no use for.

        Raises:
            BadInput: naming the option.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in of_use and value != field.default:
                raise BadInput(
                    f"--{field.name}: expected none for --task {task}, got {value}"
                )

    def file_of(self, who: str, task: str) -> Path:
        """The file of policies, where they alone show how.

        Args:
            who: What they are called.
            task: Which they show.

        Raises:
            BadInput: if there is none, or there is another choice.
        """
        self.only(task, "policies")
        if self.policies is None:
            raise BadInput(
                f"--policies: expected a file of {who} for --task {task}, got none"
            )
        return self.policies


@dataclass(frozen=True)
class Demonstrator:
    """Someone to watch.

    Attributes:
        name: Where it is found.
        episode: (i, seed, max_steps) -> episode i, whose meta says if it is "solved".
        max_steps: Of an episode, unless the command says otherwise.
        options: The command's options that it alone has, with their values.
        facts: What the file is to say about its contents.
        libraries: Whose versions decide the bytes, besides our own.
    """

    name: str
    episode: Callable[[int, int, int], Demonstrations]
    max_steps: int
    options: Mapping[str, Json]
    facts: Mapping[str, Json]
    libraries: tuple[str, ...]
