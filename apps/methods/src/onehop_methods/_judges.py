"""Judges as checkpoints: what a run of implicit Q-learning leaves.

judge    the sizes of its networks; units are among its tensors
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onehop_interfaces import BadInput, naming
from onehop_selectors import Judge
from onehop_teachers import (
    checkpoint_in,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    within_budget,
)

__all__ = ["load_judge", "save_judge"]


def save_judge(folder: str | Path, judge: Judge, provenance: Mapping[str, Any]) -> None:
    """Write a judge's checkpoint, whole or not at all.

    Raises:
        BadInput: if `folder` holds something else.
    """
    config = {"judge": judge.config()}
    save_checkpoint(folder, judge.state_dict(), config, provenance)


def load_judge(folder: str | Path) -> Judge:
    """Read a judge's checkpoint.

    Args:
        folder: The checkpoint, or the folder of the run that left it.

    Raises:
        BadInput: if it is not a complete and sound checkpoint of a judge.
    """
    folder = checkpoint_in(folder)
    tensors, config, _ = load_checkpoint(folder)
    if "judge" not in config:
        raise BadInput(f"{folder}: expected a critic's checkpoint, got another")
    file = folder / "config.json"
    with within_budget(tensors, file), naming(file):
        judge = Judge.from_config(config["judge"])
    load_weights(judge, tensors, folder / "model.safetensors")
    return judge.eval()
