"""Several teachers of one study, by their training seeds: a folder each.

<out>/<study>/             that of seed 0, its students and its tables
<out>/<study>-teacher-1/   that of seed 1, and so on
"""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

__all__ = ["folder_of", "folders"]

MOST = 1_000


def folder_of(study: str, seed: int) -> str:
    """Name of the folder of a study whose teacher has that seed."""
    return f"{study}-teacher-{seed}" if seed else study


def folders(out: Path, study: str) -> list[Path]:
    """Those that are there: from seed 0 on, without a gap."""
    named = (out / folder_of(study, seed) for seed in range(MOST))
    return list(takewhile(Path.is_dir, named))
