"""A demonstrator: who shows how a task is done, and what there is to know about them.

It makes episode i from i, a seed that belongs to i alone, and a limit of steps, and
from nothing else. It travels to worker processes, so its function is one of a module's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onehop_envs import Demonstrations, Json

__all__ = ["Demonstrator"]


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
