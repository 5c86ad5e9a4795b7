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
    """List the methods: name on the command line, title, package, what it is.

    All of them:
        onehop-methods
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Print every method, and beneath it what it is."""
    tyro.cli(Listing, prog="onehop-methods", args=argv)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, method in METHODS.items():
        package = method.recipe.__module__.split(".")[0]
        table.add_row(name, f"{method.title}, {package}\n{method.about}")
    Console().print(table)


if __name__ == "__main__":
    main()
