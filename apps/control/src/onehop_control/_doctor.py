"""`doctor`: what is installed, and what that is enough for.

Kinova's SDK is a wheel that Kinova gives out itself. It wants protobuf 3.20, or a newer
one whose backend is Python's own, which a variable of the environment says.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from ._episode_table import print_table
from .config import Doctor

__all__ = ["INSTALL", "Use", "examined", "uses"]

INSTALL = 'pip install --no-deps ./kortex_api-*.whl && pip install "protobuf==3.20.*"'
"""The SDK, once its wheel is there."""
PARTS = {
    "kortex-api": "Kinova's SDK",
    "protobuf": "what it talks by",
    "mujoco": "an arm with masses",
    "onnxruntime": "exported students",
    "torch": "checkpoints",
    "onehop-methods": "students' checkpoints",
    "onehop-teachers": "teachers' checkpoints",
    "scipy": "the planner, intervals",
    "matplotlib": "pictures",
    "imageio": "films",
    "viser": "a view in the browser",
}


class Use(NamedTuple):
    """Something that could be run.

    Attributes:
        what: The command.
        holds: Whether it can.
        how: What to do if not.
    """

    what: str
    holds: bool
    how: str


def examined(command: Doctor) -> int:
    """Say what is there; always 0."""
    found = {name: _version(name) for name in PARTS}
    rows = [("Python", platform.python_version(), "")]
    rows += [(name, found[name] or "-", about) for name, about in PARTS.items()]
    rows.append(("protobuf's backend", _backend() or "-", "upb and cpp want 3.20"))
    print_table(("part", "version", "for"), rows, numbers=False)
    could = [
        (use.what, "yes" if use.holds else "no", "" if use.holds else use.how)
        for use in uses(lambda name: found[name] is not None, _sdk_fault())
    ]
    print_table(("what could be run", "", "if not"), could, numbers=False)
    print(f"Kinova's SDK: {INSTALL}")
    return 0


def uses(there: Callable[[str], bool], sdk_fault: str) -> list[Use]:
    """What could be run.

    Args:
        there: Whether a distribution is.
        sdk_fault: Why the SDK cannot be imported; empty if it can.
    """
    torch = all(map(there, ("torch", "onehop-methods", "onehop-teachers")))
    drawn = there("matplotlib")
    extra = "pip install onehop-control[{}]".format
    return [
        Use("sim, replay", True, ""),
        Use("sim with masses", there("mujoco"), extra("sim")),
        Use("exported students", there("onnxruntime"), "pip install onnxruntime"),
        Use("checkpoints", torch, extra("torch")),
        Use("problems by --seed, --planner", there("scipy"), extra("plan")),
        Use("bench", there("scipy") and drawn, extra("bench")),
        Use("sim --video", there("imageio") and drawn, extra("video")),
        Use("sim --view", there("viser"), extra("view")),
        Use("preflight, shadow, run of metal", not sdk_fault, sdk_fault),
    ]


def _version(name: str) -> str | None:
    with suppress(PackageNotFoundError):
        return version(name)
    return None


def _backend() -> str:
    """Which implementation protobuf takes here; empty if there is none."""
    with suppress(ImportError):
        module = import_module("google.protobuf.internal.api_implementation")
        return str(module.Type())
    return ""


def _sdk_fault() -> str:
    """Why the SDK cannot be imported, in a line; empty if it can."""
    try:
        import_module("kortex_api.autogen.messages.Base_pb2")
    except (ImportError, TypeError, AttributeError) as error:
        return f"{' '.join(str(error).split()):.100}"
    return ""
