"""Errors a user can mend: one line that says what was expected and what came."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn, TypeVar

__all__ = ["BadInput", "exit_on_bad_input", "named", "naming", "reading"]

T = TypeVar("T")

LONGEST = 1_500
"""Characters in a message."""


class BadInput(ValueError):
    """Something from outside (a file, an observation, an option) is not as expected.

    The message is one line that names the thing, the expectation and what came. What
    came may be of any length and hold any characters: those that a terminal would obey
    are escaped, and what is too long is cut.
    """

    def __init__(self, message: str) -> None:
        line = "".join(
            c if c.isprintable() else c.encode("unicode_escape").decode()
            for c in message
        )
        super().__init__(line if len(line) <= LONGEST else f"{line[:LONGEST]}...")


@contextmanager
def exit_on_bad_input(program: str) -> Iterator[None]:
    """Turn a `BadInput` into that one line on stderr and exit status 2.

    What the system refuses (a full disk, a folder one may not write to, a file where a
    folder should be) is such a line too. Any other exception is a defect of ours and
    keeps its traceback.
    """
    try:
        yield
    except BadInput as error:
        _exit(f"{program}: {error}")
    except Exception as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        _exit(f"{program}: {refusal}")


def _refusal(error: Exception) -> str | None:
    """What the system says in an error; None if it does not come from the system."""
    if isinstance(error, OSError) and error.errno is not None:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    # safetensors, written in Rust, has it in the text alone.
    found = re.search(r"[^:\n]*\(os error \d+\)", str(error))
    return found[0].strip() if found else None


def _exit(line: str) -> NoReturn:
    print(line, file=sys.stderr)  # noqa: T201
    raise SystemExit(2) from None


def named(known: Mapping[str, T], what: str, name: object) -> T:
    """The one of the known things that has this name.

    Args:
        known: What there is to choose from, by name.
        what: What it is called, e.g. "student head".
        name: The name that came from outside; None if none came.

    Raises:
        BadInput: if there is no such name.
    """
    if str(name) not in known:
        raise BadInput(f"{what}: expected one of {sorted(known)}, got {str(name)!r}")
    return known[str(name)]


@contextmanager
def naming(where: object) -> Iterator[None]:
    """Let what the body refuses say where that is, before everything else.

    Args:
        where: What is read, or who acts.

    Raises:
        BadInput: the body's, with `where` in front.
    """
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None


@contextmanager
def reading(where: object, expected: str) -> Iterator[None]:
    """Turn whatever foreign or damaged data makes the body raise into one line.

    For the border only: a library that is given such data may raise anything.

    Args:
        where: What is read, e.g. the path of a file.
        expected: What it should hold.

    Raises:
        BadInput: saying what it holds instead; a `BadInput` passes as it is.
    """
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise BadInput(f"{where}: expected {expected}, got {reason:.300}") from error
