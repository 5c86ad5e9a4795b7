"""Checkpoints: a folder of weights and JSON.

    model.safetensors   every tensor: weights and the statistics of normalisation
    config.json         {"format": "onehop", "version": 1, ...}: how to build the model
    provenance.json     where it comes from: versions, seed, data, command, metrics

Neither format can hold code. Each file is sealed (`onehop_interfaces.seal`): one that
is not as it was written is refused. A folder is written beside its destination, flushed
to disk and renamed into place; a folder already there is moved aside first and deleted
last. At every moment one of them is complete, and reading finds it: a crash between
the two renames leaves the old one under its name aside, where `load_checkpoint` looks.
One writer at a time.

References:
    | safetensors | https://huggingface.co/docs/safetensors
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

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

__all__ = [
    "Checkpoint",
    "checkpoint_in",
    "load_checkpoint",
    "load_weights",
    "save_checkpoint",
]

_FORMAT = {"format": "onehop", "version": 1}
_MODEL, _CONFIG, _PROVENANCE = "model.safetensors", "config.json", "provenance.json"
_DTYPES = (
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
)


class Checkpoint(NamedTuple):
    """What a checkpoint holds.

    Attributes:
        tensors: Name -> weights or statistics.
        config: How to build the model, JSON.
        provenance: Where it comes from, JSON.
    """

    tensors: dict[str, Tensor]
    config: dict[str, Any]
    provenance: dict[str, Any]


def save_checkpoint(
    folder: str | Path,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> None:
    """Write a checkpoint whole or not at all, in place of one that may be there.

    Args:
        folder: Where to; its parents are made.
        tensors: Name -> weights or statistics.
        config: How to build the model, JSON; format and version are added.
        provenance: Where it comes from, JSON.

    Raises:
        BadInput: if something other than a checkpoint is already there, or config or
            provenance hold numbers that are not finite.
    """
    folder = Path(folder)
    if folder.exists() and not _may_replace(folder):
        raise BadInput(f"{folder}: expected a checkpoint or nothing to replace")
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.new")
    if new.exists():
        shutil.rmtree(new)
    new.mkdir()
    save_file(_separate(tensors), new / _MODEL, metadata={SEAL: UNSEALED})
    _write_json(new / _CONFIG, {**_FORMAT, **config})
    _write_json(new / _PROVENANCE, provenance)
    for path in new.iterdir():
        seal(path)
        _flush(path)
    _flush(new)
    _swap(new, folder)


def checkpoint_in(folder: str | Path) -> Path:
    """The checkpoint's folder: `folder` itself, or `checkpoint` in it if it is a run's.

    `onehop-train` leaves a run's checkpoint there.
    """
    folder = Path(folder)
    inside = folder / "checkpoint"
    return inside if inside.is_dir() or _aside(inside).is_dir() else folder


def load_checkpoint(folder: str | Path) -> Checkpoint:
    """Read a checkpoint, or that of a run; nothing in it is executed.

    Raises:
        BadInput: naming the file, what was expected and what came, if a file is
            missing, damaged, of another format, or holds values that are not finite.
    """
    folder = checkpoint_in(folder)
    if not folder.exists() and _aside(folder).is_dir():
        folder = _aside(folder)
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise BadInput(f"{folder}: expected a checkpoint folder, got {found}")
    config = _read_sealed(folder / _CONFIG)
    came = {key: config.get(key) for key in _FORMAT}
    if came != _FORMAT:
        raise BadInput(f"{folder / _CONFIG}: expected {_FORMAT}, got {came}")
    provenance = _read_sealed(folder / _PROVENANCE)
    return Checkpoint(_read_tensors(folder / _MODEL), config, provenance)


def load_weights(
    module: nn.Module, tensors: Mapping[str, Tensor], where: str | Path
) -> None:
    """Load exactly these tensors into a module.

    Args:
        module: What takes them.
        tensors: Name -> tensor, all of `module.state_dict()` and nothing else.
        where: What to call their origin in an error.

    Raises:
        BadInput: naming the first tensor that is missing, unknown or of a wrong shape.
    """
    expected = module.state_dict()
    for name in sorted(expected.keys() - tensors.keys()):
        raise BadInput(f"{where}: tensor {name!r}: expected it, got none")
    for name in sorted(tensors.keys() - expected.keys()):
        raise BadInput(f"{where}: tensor {name!r}: expected none of this name, got one")
    for name, tensor in tensors.items():
        want, came = _describe(expected[name]), _describe(tensor)
        if want != came:
            raise BadInput(f"{where}: tensor {name!r}: expected {want}, got {came}")
    module.load_state_dict(dict(tensors))


def _describe(tensor: Tensor) -> str:
    kind = "floats" if tensor.is_floating_point() else "integers"
    return f"{kind} of shape {tuple(tensor.shape)}"


def _separate(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    # safetensors refuses tensors that share memory, such as tied weights.
    return {k: v.detach().cpu().clone().contiguous() for k, v in tensors.items()}


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _may_replace(folder: Path) -> bool:
    return folder.is_dir() and (
        (folder / _MODEL).is_file() or not any(folder.iterdir())
    )


def _swap(new: Path, folder: Path) -> None:
    aside = _aside(folder)
    if folder.exists():
        # What is aside is needed only as long as nothing is in its place.
        if aside.exists():
            shutil.rmtree(aside)
        folder.rename(aside)
    new.rename(folder)
    _flush(folder.parent)
    if aside.exists():
        shutil.rmtree(aside)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with reading(path.name, "finite numbers, texts and containers of them"):
        sealed = {**content, SEAL: UNSEALED}
        text = json.dumps(sealed, indent=2, allow_nan=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_sealed(path: Path) -> dict[str, Any]:
    content = read_json(path)
    check_seal(path)
    content.pop(SEAL, None)
    return content


def _read_tensors(path: Path) -> dict[str, Tensor]:
    file_size(path)
    with reading(path, "safetensors"):
        tensors = load_file(path)
    check_seal(path)
    for name, tensor in tensors.items():
        if tensor.dtype not in _DTYPES:
            raise BadInput(
                f"{path}: tensor {name!r}: expected numbers, got {tensor.dtype}"
            )
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise BadInput(
                f"{path}: tensor {name!r}: expected finite numbers, got NaN or infinity"
            )
    return tensors
