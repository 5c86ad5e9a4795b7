"""Where numbers come from: machine, versions, command."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from onehop_interfaces import versions

__all__ = ["LIBRARIES", "provenance"]

LIBRARIES = ("torch", "numpy", "scipy", "gymnasium")
"""Those whose versions may change an episode of any task, or what is made of it."""


def provenance(command: list[str], libraries: Sequence[str] = ()) -> dict[str, Any]:
    """JSON values on the present process, with the versions of a task's libraries."""
    return {
        "command": command,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(*LIBRARIES, *libraries),
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "default_threads": torch.get_num_threads(),
        },
    }


def _processor() -> str:
    """The processor's name; platform.processor() is empty on most Linux systems."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor() or platform.machine()
