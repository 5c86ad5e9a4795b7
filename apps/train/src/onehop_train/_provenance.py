"""Where a checkpoint comes from: enough to make it again, and to distrust it."""

from __future__ import annotations

import dataclasses
import datetime
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

__all__ = ["plain", "provenance"]


def provenance(
    settings: Any, data_sha256: str, metrics: dict[str, Any]
) -> dict[str, Any]:
    """Settings, data, versions, command and final metrics of a run, as JSON.

    Args:
        settings: The command's dataclass.
        data_sha256: Content hash of the demonstrations.
        metrics: What the run ended with.
    """
    return {
        "command": shlex.join(["onehop-train", *sys.argv[1:]]),
        "settings": plain(settings),
        "seed": settings.seed,
        "data_sha256": data_sha256,
        "metrics": metrics,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} thread(s)",
        "versions": _versions(),
    }


def plain(settings: Any) -> Any:
    """A dataclass as JSON, paths as strings."""
    if dataclasses.is_dataclass(settings):
        fields = dataclasses.fields(settings)
        return {field.name: plain(getattr(settings, field.name)) for field in fields}
    if isinstance(settings, tuple):
        return [plain(value) for value in settings]
    return str(settings) if isinstance(settings, Path) else settings


def _versions() -> dict[str, str]:
    """The libraries that shape the result, and every package of ours in use."""
    ours = {
        name: str(module.__version__)
        for name, module in sorted(sys.modules.items())
        if name.startswith("onehop_") and "." not in name
    }
    return {**ours, "torch": str(torch.__version__), "numpy": np.__version__}
