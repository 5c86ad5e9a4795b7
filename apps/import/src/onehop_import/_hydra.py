"""A Hydra configuration out of a pickle, as plain containers.

OmegaConf keeps a container's entries under `_content` and a value under `_val`. An
interpolation is a text, and stays one: it is not resolved, for it may call what it
likes.
"""

from __future__ import annotations

from typing import Any

from onehop_interfaces import BadInput
from onehop_interfaces.pickles import Record

__all__ = ["class_of", "plain"]

LEVELS = 40
"""A configuration nested deeper is none."""


def plain(value: Any, levels: int = LEVELS) -> Any:
    """Dicts, lists, texts and numbers, of what OmegaConf makes of them.

    Raises:
        BadInput: if it is nested too deeply.
    """
    if levels == 0:
        raise BadInput(f"config: expected at most {LEVELS} levels")
    if isinstance(value, Record):
        state = value.state
        inside = state.get("_content") if "_content" in state else state.get("_val")
        return plain(inside, levels - 1)
    if isinstance(value, dict):
        return {key: plain(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, levels - 1) for item in value]
    return value


def class_of(settings: object) -> str:
    """The name of the class that these are settings of; "None" if they are none."""
    target = settings.get("_target_") if isinstance(settings, dict) else None
    return str(target).rpartition(".")[2]
