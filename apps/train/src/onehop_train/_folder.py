"""The run's folder: new, or taken up again with the settings it was begun with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from onehop_interfaces import BadInput, whole_file

__all__ = ["open_run"]

FREE = ("out", "resume", "save_every", "log_every")


def open_run(out: Path, settings: dict[str, Any], resume: bool) -> None:
    """Make the folder and note the settings, or check them against those noted.

    Args:
        out: The run's folder.
        settings: All that the result depends on, as JSON.
        resume: Whether a run is to be taken up again.

    Raises:
        BadInput: if a run is there and `resume` is not asked for, or the other way
            round, or its settings differ.
    """
    file = out / "run.json"
    settings = {key: value for key, value in settings.items() if key not in FREE}
    if not file.exists():
        if resume:
            raise BadInput(f"--resume: expected a run in {out}, found none")
        if out.exists() and any(out.iterdir()):
            raise BadInput(f"--out {out}: expected a new or empty folder")
        with whole_file(file) as temporary:
            temporary.write_text(json.dumps(settings, indent=2))
        return
    if not resume:
        raise BadInput(f"--out {out}: holds a run; pass --resume to go on with it")
    began = json.loads(file.read_text())
    for key in sorted(settings.keys() | began.keys()):
        if settings.get(key) != began.get(key):
            raise BadInput(
                f"--resume: {key} was {began.get(key)}, now is {settings.get(key)}"
            )
