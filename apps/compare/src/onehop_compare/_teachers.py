"""Several teachers of one study, by their training seeds: a folder each.

<out>/<study>/             that of seed 0, its students and its tables
<out>/<study>-teacher-1/   that of seed 1, and so on
"""

from __future__ import annotations

from itertools import count, takewhile
from pathlib import Path

__all__ = ["folder_of", "folders"]


def folder_of(study: str, seed: int) -> str:
    """Name of the folder of a study whose teacher has that seed."""
    return f"{study}-teacher-{seed}" if seed else study


def folders(out: Path, study: str) -> list[Path]:
    """Those that are there: from seed 0 on, without a gap."""
    named = (out / folder_of(study, seed) for seed in count())
    return list(takewhile(Path.is_dir, named))
