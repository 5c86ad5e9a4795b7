"""Statistics of a policy of LeRobot: in its processors' files, or among its weights.

Since late 2025 two files of JSON list processors, and the one that normalises names the
file of its statistics, `<feature>.<statistic>`. Before, they were buffers of the
policy, those of the action twice over,

    normalize_inputs.buffer_<feature, its dots underscores>.<statistic>
    normalize_targets.buffer_action, unnormalize_outputs.buffer_action,

and infinite until they were set.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from onehop_interfaces import BadInput, read_json

from ._lerobot_features import ACTION, Features
from ._names import below, read_tensors
from ._statistics import Affine

__all__ = ["statistics_of"]

PROCESSORS = {
    "policy_preprocessor.json": "normalizer_processor",
    "policy_postprocessor.json": "unnormalizer_processor",
}
OLD_EPS = 1e-8
"""What the old layout's code adds to the range of an observation."""


def statistics_of(
    features: Features, tensors: Mapping[str, Tensor], folder: Path
) -> tuple[dict[str, Affine], Affine]:
    """Of what is seen, by name, and of the action.

    Args:
        features: The policy's.
        tensors: Of its model.safetensors.
        folder: Of its files.

    Raises:
        BadInput: if some are missing, were never set or disagree.
    """
    if (folder / "policy_preprocessor.json").exists():
        before, after = (_processor(folder, name) for name in PROCESSORS)
        eps = 0.0
    else:
        before, after, eps = (
            _buffers(features, tensors),
            _buffered_action(tensors),
            OLD_EPS,
        )
    where = str(folder)
    seen = {name: _seen(features, name, before, eps, where) for name in features.seen}
    return seen, _done(features, after, where)


def _processor(folder: Path, name: str) -> dict[str, Tensor]:
    """The statistics that a file of processors names."""
    path = folder / name
    steps = read_json(path).get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and step.get("registry_name") == PROCESSORS[name]:
            # A name alone: nothing outside the folder is read.
            file = folder / Path(str(step.get("state_file"))).name
            return read_tensors(file)
    raise BadInput(f"{path}: expected a {PROCESSORS[name]}, got none")


def _buffers(features: Features, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names are encoded forward: of two underscores one may have been a dot."""
    found: dict[str, Tensor] = {}
    for name in features.seen:
        buffer = f"normalize_inputs.buffer_{name.replace('.', '_')}"
        found |= _of(name, buffer, tensors)
    return found


def _buffered_action(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    copies = [
        _of(ACTION, f"{which}.buffer_action", tensors)
        for which in ("unnormalize_outputs", "normalize_targets")
    ]
    if copies[0].keys() != copies[1].keys() or not all(
        torch.equal(copies[0][name], copies[1][name]) for name in copies[0]
    ):
        raise BadInput(
            "model.safetensors: expected one normalisation of actions, got two"
        )
    return copies[0]


def _of(name: str, buffer: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A buffer's statistics, by the feature's name."""
    return {f"{name}.{which}": t for which, t in below(f"{buffer}.", tensors).items()}


def _seen(
    features: Features, name: str, known: Mapping[str, Tensor], eps: float, where: str
) -> Affine:
    mode = features.modes[name]
    if mode == "MIN_MAX":
        low, high = (_statistic(known, name, which, where) for which in ("min", "max"))
        return Affine.seen_min_max(low, high, eps)
    if mode == "MEAN_STD":
        return Affine.seen_mean_std(
            _statistic(known, name, "mean", where),
            _statistic(known, name, "std", where),
        )
    shape = features.seen[name]
    return Affine.identity(shape[0] if name in features.pictures else prod(shape))


def _done(features: Features, known: Mapping[str, Tensor], where: str) -> Affine:
    mode = features.modes[ACTION]
    if mode == "IDENTITY":
        raise BadInput(f"{where}: expected normalised actions, got IDENTITY")
    names = ("min", "max") if mode == "MIN_MAX" else ("mean", "std")
    pair = [_statistic(known, ACTION, which, where) for which in names]
    return Affine.done_min_max(*pair) if mode == "MIN_MAX" else Affine(*pair)


def _statistic(
    known: Mapping[str, Tensor], name: str, which: str, where: str
) -> Tensor:
    found = known.get(f"{name}.{which}")
    if found is None or not bool(found.isfinite().all()):
        came = "none" if found is None else "one that was never set"
        raise BadInput(f"{where}: expected the {which} of {name!r}, got {came}")
    return found.flatten().float()
