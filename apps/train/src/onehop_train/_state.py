"""The state of a run on disk: written whole or not at all, read without executing it.

A state is nested dicts and lists of tensors, numbers, strings, booleans and None
(`Stateful.state_dict`). Tensors go to ``state.safetensors`` under running numbers;
everything else, with the numbers in the tensors' places, to ``state.json``. Dicts are
written as lists of pairs, because optimisers key their state by integers, which JSON
would turn into strings.

    <out>/states/step-00000500/{state.json, state.safetensors}

Both files are sealed (`onehop_interfaces.seal`), and no number in them is NaN or
infinite: a run that has diverged cannot go on from there.

A folder is filled under another name and renamed, so one that has its final name is
complete; older ones are removed once that is on the disk. A run killed at any moment
therefore goes on from the last interval.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from onehop_interfaces import (
    SEAL,
    UNSEALED,
    BadInput,
    check_seal,
    file_size,
    read_json,
    reading,
    seal,
)
from onehop_interfaces.learning import Stateful

__all__ = ["latest_step", "read_state", "restore", "write_state"]

NAME = re.compile(r"step-(\d{8})")


def write_state(folder: Path, step: int, state: Mapping[str, Any]) -> None:
    """Write the state after `step` updates and drop the older ones.

    A state of that step that is there already is of the same updates, and stays.

    Raises:
        BadInput: if a number in it is not finite; the older states stay.
    """
    final = folder / f"step-{step:08d}"
    if not final.exists():
        partial = folder / f"{final.name}.partial"
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir(parents=True)
        _fill(partial, state, f"{final}")
        partial.rename(final)
        _to_disk(folder)
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
        BadInput: if its files are damaged, or a number in them is not finite.
    """
    path = folder / f"step-{step:08d}"
    with _naming(path):
        file_size(path / "state.safetensors")
        tensors = load_file(path / "state.safetensors")
        skeleton = read_json(path / "state.json")
        for name in ("state.json", "state.safetensors"):
            check_seal(path / name)
        skeleton.pop(SEAL, None)
        state: dict[str, Any] = _put_together(skeleton, tensors)
        _check_finite(state, "its values")
    return state


def restore(learner: Stateful, folder: Path) -> int:
    """Let a learner go on from the last state; the updates done, 0 if none is there.

    Raises:
        BadInput: if the state is damaged, or not one of this learner's.
    """
    step = latest_step(folder)
    if step is None:
        return 0
    state = read_state(folder, step)
    with _naming(folder / f"step-{step:08d}"):
        learner.load_state_dict(state)
    return step


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say which state cannot be gone on from, and what can be done about it."""
    try:
        with reading(path, "a saved state"):
            yield
    except BadInput as error:
        raise BadInput(
            f"{error}; remove the folder {path} to go on without it, from an older "
            "state or from the first update"
        ) from error


def _fill(folder: Path, state: Mapping[str, Any], where: str) -> None:
    """Write both files, and see to it that they are on the disk."""
    _check_finite(state, where)
    tensors: dict[str, Tensor] = {}
    skeleton = {**_take_apart(state, tensors), SEAL: UNSEALED}
    save_file(tensors, folder / "state.safetensors", metadata={SEAL: UNSEALED})
    (folder / "state.json").write_text(json.dumps(skeleton, allow_nan=False))
    for file in folder.iterdir():
        seal(file)
        _to_disk(file)
    _to_disk(folder)


def _check_finite(state: Any, where: str) -> None:
    if isinstance(state, Tensor):
        finite = not state.is_floating_point() or bool(state.isfinite().all())
    else:
        finite = not isinstance(state, float) or math.isfinite(state)
    if not finite:
        raise BadInput(f"{where}: expected finite numbers, got NaN or infinity")
    if isinstance(state, list | tuple):
        state = dict(enumerate(state))
    if isinstance(state, Mapping):
        for key, value in state.items():
            _check_finite(value, f"{where}, {key}")


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
