"""onehop: one command over the others.

A program is asked for by its name, and does what ``onehop-<name>`` does: it is not
imported before, so that one that is not asked for costs nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

from onehop_interfaces import BadInput, exit_on_bad_input

__all__ = ["PROGRAMS", "main"]

PROGRAMS: Mapping[str, str] = {
    "demo": "the main job: distil Push-T's teacher, and set the two side by side",
    "methods": "list the methods",
    "tasks": "list the tasks and the studies",
    "collect": "make demonstrations",
    "import": "make a teacher of another project's checkpoint",
    "train": "train a teacher, or distil one by a method",
    "evaluate": "set a teacher and its students side by side",
    "export": "write a student as an ONNX file",
    "compare": "distil by every method, and set all side by side",
    "control": "move a Kinova Gen3 by a policy, simulated or of metal",
}

USAGE = "\n".join(
    [
        "usage: onehop PROGRAM [OPTIONS]",
        "",
        *(f"    {name:10}{about}" for name, about in PROGRAMS.items()),
        "",
        "Options of a program: onehop PROGRAM --help",
    ]
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program that the command line names first."""
    name, *words = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in ("-h", "--help"):
        print(USAGE)
        return
    with exit_on_bad_input("onehop"):
        if name not in PROGRAMS:
            raise BadInput(f"expected one of {sorted(PROGRAMS)}, got {name!r}")
    import_module(f"onehop_{name}.__main__").main(words)


if __name__ == "__main__":
    main()
