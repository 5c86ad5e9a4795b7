"""Where a checkpoint comes from: enough to make it again, and to distrust it."""

from __future__ import annotations

import dataclasses
import datetime
import platform
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from onehop_interfaces import versions

__all__ = ["plain", "provenance"]

CONTENTS = ("data", "teacher")
"""What the folder notes by the SHA-256 of its content."""


def provenance(
    settings: Any, noted: Mapping[str, Any], metrics: dict[str, Any]
) -> dict[str, Any]:
    """Settings, data, versions, command and final metrics of a run, as JSON.

    Args:
        settings: The command's dataclass.
        noted: What its folder says of the run, see `_folder`.
        metrics: What the run ended with.
    """
    return {
        "command": shlex.join(["onehop-train", *sys.argv[1:]]),
        "settings": plain(settings),
        "seed": settings.seed,
        **{f"{name}_sha256": noted[name] for name in CONTENTS if name in noted},
        "steps_before": noted.get("steps_before", []),
        "metrics": metrics,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} thread(s)",
        "versions": versions("torch", "numpy", "accelerate"),
    }


def plain(settings: Any) -> Any:
    """A dataclass as JSON, paths as strings."""
    if dataclasses.is_dataclass(settings):
        fields = dataclasses.fields(settings)
        return {field.name: plain(getattr(settings, field.name)) for field in fields}
    if isinstance(settings, tuple):
        return [plain(value) for value in settings]
    return str(settings) if isinstance(settings, Path) else settings
