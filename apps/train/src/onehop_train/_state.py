"""The state of a run on disk: written whole or not at all, read without executing it.

A state is nested dicts and lists of tensors, numbers, strings, booleans and None
(`Distiller.state_dict`). Tensors go to ``state.safetensors`` under running numbers;
everything else, with the numbers in the tensors' places, to ``state.json``. Dicts are
written as lists of pairs, because optimisers key their state by integers, which JSON
would turn into strings.

    <out>/states/step-00000500/{state.json, state.safetensors}

A folder is filled under another name and renamed, so one that has its final name is
complete; older ones are removed afterwards. A run killed at any moment therefore goes
on from the last interval.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from onehop_interfaces import BadInput

__all__ = ["latest_step", "read_state", "write_state"]

NAME = re.compile(r"step-(\d{8})")


def write_state(folder: Path, step: int, state: Mapping[str, Any]) -> None:
    """Write the state after `step` updates and drop the older ones."""
    final = folder / f"step-{step:08d}"
    partial = folder / f"{final.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    tensors: dict[str, Tensor] = {}
    skeleton = _take_apart(state, tensors)
    save_file(tensors, partial / "state.safetensors")
    (partial / "state.json").write_text(json.dumps(skeleton))
    for file in partial.iterdir():
        _to_disk(file)
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)
    for other in folder.iterdir():
        if other != final:
            shutil.rmtree(other)


def latest_step(folder: Path) -> int | None:
    """The last complete state's step; None if there is none."""
    names = [NAME.fullmatch(path.name) for path in folder.glob("step-*")]
    return max((int(name[1]) for name in names if name), default=None)


def read_state(folder: Path, step: int) -> dict[str, Any]:
    """Read the state after `step` updates.

    Raises:
        BadInput: if its files are damaged.
    """
    path = folder / f"step-{step:08d}"
    try:
        tensors = load_file(path / "state.safetensors")
        skeleton = json.loads((path / "state.json").read_text())
        state: dict[str, Any] = _put_together(skeleton, tensors)
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise BadInput(f"{path}: expected a saved state, got {error}") from None
    return state


def _to_disk(file: Path) -> None:
    with file.open("rb") as handle:
        os.fsync(handle.fileno())


def _take_apart(state: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(state, Tensor):
        name = str(len(tensors))
        # A copy, because tensors that share memory cannot be written twice.
        tensors[name] = state.detach().cpu().clone().contiguous()
        return {"tensor": name}
    if isinstance(state, Mapping):
        pairs = [[key, _take_apart(value, tensors)] for key, value in state.items()]
        return {"dict": pairs}
    if isinstance(state, list | tuple):
        return [_take_apart(value, tensors) for value in state]
    return state


def _put_together(skeleton: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(skeleton, list):
        return [_put_together(value, tensors) for value in skeleton]
    if not isinstance(skeleton, dict):
        return skeleton
    if "tensor" in skeleton:
        return tensors[skeleton["tensor"]]
    return {key: _put_together(value, tensors) for key, value in skeleton["dict"]}
