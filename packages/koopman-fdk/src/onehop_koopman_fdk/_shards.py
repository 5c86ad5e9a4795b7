"""Pairs on disk: written once, in shards, by a run that may be stopped at any moment.

    <folder>/pairs-00000-of-00008.safetensors      cond, prior, x and, if scored, score

A shard is a function of the settings and its number alone, and has its final name only
once it is whole. A second run therefore writes what is missing and leaves the rest. The
settings, with the hashes of teacher and observations, stand in every shard, so that
pairs of two teachers are never mixed, nor taken for those of a third. A shard is sealed
(`onehop_interfaces.seal`): one that is not as it was written is refused.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, Self, cast

import torch
from safetensors import safe_open
from safetensors.torch import save, save_file
from torch import Tensor, nn

from onehop_interfaces import (
    SEAL,
    UNSEALED,
    BadInput,
    Batch,
    Obs,
    Teacher,
    check_seal,
    file_size,
    parse_json,
    reading,
    seal,
    settings,
    whole,
    whole_file,
)

from ._from_teacher import FromTeacher, Score
from ._pairs import Pairs, quantile_weights

__all__ = ["FromShards", "Windows", "read_pairs", "write_pairs"]

NUMBERS = ("shards", "shard_size", "batch_size", "seed")
SOURCE = ("steps", "tau", "probabilities", "scored", "teacher", "observations")
MASK = {"mask": None}
"""Of entries held at known values, which pairs once had; files stay as they were."""
FLOATS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
AXES = {"cond": 2, "prior": 3, "x": 3, "score": 1}
"""How many axes the tensors of a shard have."""
HASHED = 2**26
"""Bytes of observations that are hashed at once."""


class Windows(Protocol):
    """Windows that need not be in memory; a `Batch` is some that are."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, rows: Tensor) -> Batch:
        """Those of these numbers (B,)."""
        ...


class FromShards:
    """Pairs drawn with replacement from those that `write_pairs` wrote.

    The batch says how many; its observations are not looked at.

    Args:
        pairs: All of them.
    """

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    @classmethod
    def read(cls, folder: Path, teacher: Teacher) -> Self:
        """From a folder, for a student of this teacher.

        Raises:
            BadInput: if pairs are missing, damaged, of another shape or made by
                another teacher.
        """
        pairs, expected = read_pairs(folder), teacher.signature.chunk
        if pairs.x.shape[1:] != expected:
            came = tuple(pairs.x.shape[1:])
            raise BadInput(f"{folder}: expected chunks {expected}, got {came}")
        made_by = _settings(_shards(folder)[0])["teacher"]
        ours = _sha256(cast(nn.Module, teacher).state_dict())
        if made_by != ours:
            raise BadInput(
                f"{folder}: expected pairs of the teacher given (SHA-256 {ours:.12}), "
                f"got those of another ({made_by!s:.12})"
            )
        return cls(pairs)

    def __call__(self, batch: Batch, generator: torch.Generator) -> Pairs:
        """As many pairs as the batch has windows."""
        device = generator.device
        size = (len(batch.actions),)
        rows = torch.randint(
            len(self.pairs.x), size, generator=generator, device=device
        )
        return Pairs(*(each[rows.to(each.device)] for each in self.pairs))


def write_pairs(
    source: FromTeacher,
    windows: Windows,
    folder: Path,
    *,
    count: int,
    shard_size: int = 8192,
    batch_size: int = 1024,
    seed: int = 0,
    progress: Callable[[int], None] = lambda pairs: None,
) -> list[Path]:
    """Write `count` pairs at observations drawn from `windows`; go on if begun.

    Args:
        source: Teacher, steps, temperatures and score.
        windows: All the observations there are.
        folder: Where; made if missing.
        count: Pairs in all, rounded up to whole shards.
        shard_size: Pairs in a shard.
        batch_size: Pairs made at once.
        seed: Of everything drawn by chance.
        progress: Told how many pairs are there, at first and after every shard.

    Returns:
        The shards written now; those found are left out.

    Raises:
        BadInput: if the folder holds pairs of other settings.
    """
    if count < 1 or shard_size < 1:
        raise BadInput(f"pairs: expected at least 1, got {count} in {shard_size}s")
    shards = -(-count // shard_size)
    how = {
        "shards": shards,
        "shard_size": shard_size,
        "batch_size": batch_size,
        "seed": seed,
        **_describe(source, windows),
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = [
        folder / f"pairs-{i:05d}-of-{shards:05d}.safetensors" for i in range(shards)
    ]
    for file in sorted(folder.glob("pairs-*.safetensors")):
        _check_settings(file, how)
    missing = [(i, file) for i, file in enumerate(files) if not file.exists()]
    there = shards - len(missing)
    progress(shard_size * there)
    for done, (i, file) in enumerate(missing, start=there + 1):
        shard_seed = random.Random(f"{seed}/{i}").getrandbits(32)
        pairs = _make(source, windows, shard_size, batch_size, shard_seed)
        _save(file, pairs, how)
        progress(shard_size * done)
    return [file for _, file in missing]


def read_pairs(folder: Path) -> Pairs:
    """All pairs of a folder; scores become weights by their rank among all.

    Raises:
        BadInput: if shards are missing, damaged or not all of the same settings.
    """
    files = _shards(folder)
    how = _settings(files[0])
    if len(files) != how["shards"]:
        raise BadInput(f"{folder}: expected {how['shards']} shards, found {len(files)}")
    for file in files[1:]:
        _check_settings(file, how)
    parts = [_load(file, how) for file in files]
    for file, part in zip(files, parts, strict=True):
        for name, each in part.items():
            if each.shape[1:] != parts[0][name].shape[1:]:
                raise BadInput(f"{file}: {name}: expected rows as in {files[0]}")
    all_of = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    score, x = all_of.get("score"), all_of["x"]
    weight = x.new_ones(len(x)) if score is None else quantile_weights(score).to(x)
    return Pairs(all_of["cond"], all_of["prior"], x, weight)


def _shards(folder: Path) -> list[Path]:
    files = sorted(folder.glob("pairs-*.safetensors"))
    if not files:
        raise BadInput(f"{folder}: expected shards of pairs, found none")
    return files


def _make(
    source: FromTeacher, windows: Windows, size: int, batch_size: int, seed: int
) -> dict[str, Tensor]:
    """One shard's tensors."""
    generator = torch.Generator().manual_seed(seed)
    made: list[dict[str, Tensor]] = []
    for start in range(0, size, batch_size):
        several = (min(batch_size, size - start),)
        rows = torch.randint(len(windows), several, generator=generator)
        cond, prior, x, _ = source.unweighted(windows[rows], generator)
        part = {"cond": cond, "prior": prior, "x": x}
        if source.score is not None:
            part["score"] = source.score(x, cond)
        made.append({name: tensor.cpu() for name, tensor in part.items()})
    return {name: torch.cat([part[name] for part in made]) for name in made[0]}


def _describe(source: FromTeacher, windows: Windows) -> dict[str, Any]:
    """What the pairs depend on beside numbers and seed, as JSON."""
    teacher = cast(nn.Module, source.teacher).state_dict()
    return {
        "steps": source.steps,
        "tau": list(source.temperatures.tau),
        "probabilities": list(source.temperatures.probabilities),
        **MASK,
        "scored": _scored(source.score),
        "teacher": _sha256(teacher),
        "observations": _observations(windows),
    }


def _scored(score: Score | None) -> bool | str:
    """Whether pairs are scored; if by a network, or a method of one, by which."""
    network = getattr(score, "__self__", score)
    if isinstance(network, nn.Module):
        return _sha256(network.state_dict())
    return score is not None


def _observations(windows: Windows) -> str:
    """Hash of all observations; where they are many, of the hashes of their parts."""
    one = windows[torch.zeros(1, dtype=torch.int64)].obs
    several = max(HASHED // sum(each.nbytes for each in one.values()), 1)
    rows = torch.split(torch.arange(len(windows)), several)
    parts = [_sha256(windows[some].obs) for some in rows]
    if len(parts) == 1:
        return parts[0]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _sha256(tensors: Mapping[str, Tensor] | Obs) -> str:
    plain = {name: each.detach().cpu().clone() for name, each in tensors.items()}
    contiguous = {name: each.contiguous() for name, each in plain.items()}
    return hashlib.sha256(save(contiguous)).hexdigest()


def _save(file: Path, pairs: dict[str, Tensor], how: dict[str, Any]) -> None:
    with whole_file(file) as temporary:
        # One key: safetensors writes several in an order that changes.
        metadata = {"pairs": json.dumps({**how, SEAL: UNSEALED})}
        save_file(pairs, temporary, metadata=metadata)
        seal(temporary)


def _check_settings(file: Path, how: Mapping[str, Any]) -> None:
    began = _settings(file)
    for key, value in how.items():
        if began[key] != value:
            raise BadInput(f"{file}: {key} was {began[key]}, now is {value}")


def _settings(file: Path) -> dict[str, Any]:
    """The settings of a shard that is as it was written."""
    file_size(file)
    with reading(file, "a shard of pairs"), safe_open(file, "pt") as shard:
        text = (shard.metadata() or {})["pairs"]
    check_seal(file)
    found = parse_json(text, f"{file}")
    found.pop(SEAL, None)
    how = settings(found, f"{file}", (*NUMBERS, *SOURCE), MASK)
    for name in ("shards", "shard_size", "batch_size"):
        whole(how[name], f"{file}: {name}", 1, 2**31)
    return how


def _load(file: Path, how: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors of a shard with these settings."""
    with reading(file, "a shard of pairs"), safe_open(file, "pt") as shard:
        tensors = {name: shard.get_tensor(name) for name in shard.keys()}  # noqa: SIM118
    names = [name for name in AXES if name != "score" or how["scored"]]
    tensors = settings(tensors, f"{file}: tensors", names)
    for name, each in tensors.items():
        if each.ndim != AXES[name] or len(each) != how["shard_size"]:
            came = tuple(each.shape)
            expected = f"{how['shard_size']} rows and {AXES[name]} axes"
            raise BadInput(f"{file}: {name}: expected {expected}, got {came}")
        if each.dtype not in FLOATS or not bool(each.isfinite().all()):
            raise BadInput(f"{file}: {name}: expected finite floats, got others")
    if tensors["x"].shape != tensors["prior"].shape:
        raise BadInput(f"{file}: expected x and prior of one shape, got two")
    return tensors
