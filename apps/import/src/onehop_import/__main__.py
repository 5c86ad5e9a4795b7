"""onehop-import: another project's checkpoint as a teacher."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import tyro

from onehop_interfaces import exit_on_bad_input, versions
from onehop_teachers import save_teacher

from .config import DESCRIPTION, Command, Import

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Import as the command line says."""
    words = sys.argv[1:] if argv is None else list(argv)
    command: Import = tyro.cli(
        Command, prog="onehop-import", description=DESCRIPTION, args=words
    )
    with exit_on_bad_input("onehop-import"):
        teacher = command.teacher()
        provenance = {
            "command": ["onehop-import", *words],
            "imported_from": str(command.source),
            "versions": versions(),
        }
        save_teacher(command.out, teacher, provenance)
    seen = ", ".join(f"{k} {shape}" for k, shape in teacher.signature.obs.items())
    print(f"{command.out}: sees {seen}; plans {teacher.signature.chunk}")


if __name__ == "__main__":
    main()
