"""Where numbers come from: machine, versions, command."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

__all__ = ["provenance", "versions"]

IMPORTED = (
    "onehop_interfaces",
    "onehop_teachers",
    "onehop_sds",
    "onehop_envs",
    "onehop_evaluate",
    "torch",
    "numpy",
    "scipy",
    "gymnasium",
)


def provenance(command: list[str]) -> dict[str, Any]:
    """JSON values on the present process."""
    return {
        "command": command,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "default_threads": torch.get_num_threads(),
        },
    }


def versions() -> dict[str, str]:
    """Versions of everything that takes part."""
    return {
        "python": platform.python_version(),
        **{name: str(import_module(name).__version__) for name in IMPORTED},
    }


def _processor() -> str:
    """The processor's name; platform.processor() is empty on most Linux systems."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor() or platform.machine()
