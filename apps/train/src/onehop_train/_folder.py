"""The run's folder: new, or taken up again with the settings it was begun with.

A run binds its folder from its first saved state on. Before that there is nothing to
lose in it: a command that failed or was killed so early leaves at most the beginnings
listed here, and any command may begin anew in their place.

A run that is gone on with may be given another number of updates; what it was laid out
for before, and until which update, is noted in ``run.json``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from onehop_interfaces import LOCK, BadInput, read_json, whole_file

from ._state import latest_step

__all__ = ["noted", "open_run"]

NOTE, STATES = "run.json", "states"
FREE = ("out", "resume", "save_every", "log_every", "like", "half")
BEGINNINGS = {LOCK, NOTE, "log.jsonl", "tensorboard", STATES}
TEMPORARY = re.compile(rf"\.[0-9a-f]+\.{re.escape(NOTE)}")  # of `whole_file`
STATE = re.compile(r"\.?step-.*")


def noted(out: Path) -> dict[str, Any]:
    """The settings of the run that binds the folder; none if no run does.

    Raises:
        BadInput: if they cannot be read.
    """
    return {} if latest_step(out / STATES) is None else read_json(out / NOTE)


def open_run(out: Path, settings: dict[str, Any], resume: bool) -> None:
    """Note the settings, or check them against those noted.

    Args:
        out: The run's folder, which is there.
        settings: All that the result depends on, as JSON.
        resume: Whether a run that is there is to be gone on with.

    Raises:
        BadInput: if a run is there and `resume` is not asked for, if its settings
            differ in more than the number of updates or fewer are asked for than are
            done, or if the folder holds something else.
    """
    settings = {key: value for key, value in settings.items() if key not in FREE}
    _clear(out)
    began = noted(out)
    if not began:
        _check_free(out)
    elif not resume:
        raise BadInput(f"--out {out}: holds a run; pass --resume to go on with it")
    else:
        settings = _continued(began, settings, latest_step(out / STATES) or 0)
    with whole_file(out / NOTE) as temporary:
        temporary.write_text(json.dumps(settings, indent=2, allow_nan=False))


def _clear(out: Path) -> None:
    """Remove what a kill left of a note half written."""
    for path in out.iterdir():
        if TEMPORARY.fullmatch(path.name):
            path.unlink()


def _check_free(out: Path) -> None:
    """Refuse a folder with anything in it but beginnings."""
    states = out / STATES
    names = [path.name for path in out.iterdir() if path.name not in BEGINNINGS]
    inside = states.iterdir() if states.is_dir() else ()
    names += [path.name for path in inside if not STATE.fullmatch(path.name)]
    if names:
        raise BadInput(f"--out {out}: expected a new or empty folder, holds {names[0]}")


def _continued(
    began: dict[str, Any], settings: dict[str, Any], done: int
) -> dict[str, Any]:
    """The settings, with the numbers of updates that the run had before."""
    before = began.pop("steps_before", [])
    for key in sorted((settings.keys() | began.keys()) - {"steps"}):
        if settings.get(key) != began.get(key):
            raise BadInput(
                f"--resume: {key} was {began.get(key)}, now is {settings.get(key)}"
            )
    if settings["steps"] < done:
        raise BadInput(
            f"--steps: expected at least the {done} that are done, "
            f"got {settings['steps']}"
        )
    if settings["steps"] != began.get("steps"):
        before = [*before, {"steps": began.get("steps"), "until": done}]
    return settings | ({"steps_before": before} if before else {})
