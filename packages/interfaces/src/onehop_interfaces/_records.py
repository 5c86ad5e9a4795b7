"""What a pickle names and nobody calls, and what it would have made of it.

A class that is only data is told from a function by what is done with its name: a class
is made without its constructor and given a state, which needs none of its code. So the
name of either is kept as it stands, what has such a name is a record of its state, and
to call one is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Inert", "Items", "Record"]


@dataclass(frozen=True)
class Inert:
    """A name.

    Attributes:
        module: Where it would be looked for.
        name: What for.
    """

    module: str
    name: str

    def __str__(self) -> str:
        """As in Python."""
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Record:
    """An object: its class' name, and its attributes."""

    of: Inert
    state: dict[str, Any] = field(default_factory=dict)

    def set(self, state: Any) -> None:
        """Take its attributes, of `__dict__` and of slots."""
        for part in state if isinstance(state, tuple) else (state,):
            if part is not None and not isinstance(part, dict):
                raise TypeError("an object's state is no dict")
            self.state |= part or {}


class Items(dict[Any, Any]):
    """A dict of a class of its own, such as OrderedDict, without what else it knows."""

    def set(self, state: Any) -> None:
        """Attributes of the class are no items."""
