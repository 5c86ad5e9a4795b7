"""Errors a user can mend: one line that says what was expected and what came."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["BadInput", "exit_on_bad_input"]


class BadInput(ValueError):
    """Something from outside (a file, an observation, an option) is not as expected.

    The message is one line that names the thing, the expectation and what came.
    """


@contextmanager
def exit_on_bad_input(program: str) -> Iterator[None]:
    """Turn a `BadInput` into that one line on stderr and exit status 2.

    Any other exception is a defect of ours and keeps its traceback.
    """
    try:
        yield
    except BadInput as error:
        print(f"{program}: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None
