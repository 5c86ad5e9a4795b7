"""onehop-methods: what can be distilled with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tyro
from rich.console import Console
from rich.table import Table

from ._methods import METHODS

__all__ = ["main"]


@dataclass(frozen=True)
class Listing:
    """List the methods: name on the command line, title, package.

    onehop-methods
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Print a line per method."""
    tyro.cli(Listing, prog="onehop-methods", args=argv)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, method in METHODS.items():
        table.add_row(name, method.title, method.recipe.__module__.split(".")[0])
    Console().print(table)


if __name__ == "__main__":
    main()
