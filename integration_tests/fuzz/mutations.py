"""Ways in which files go wrong, each drawn from a generator of chance.

* Damage: bits flip, bytes go missing, appear, or are others. What is read afterwards
  must be what was written, or nothing.
* Loss: a file is cut short, gone, or no file at all. Likewise.
* Edits: values in JSON (alone, or in the header of a safetensors file) become others,
  and a seal is taken out, as its owner may do. What is read may be something else.
* Plants: a pickle that runs code lies in the place of a file.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

__all__ = ["Mutation", "mutate"]


class Mutation(NamedTuple):
    """What was done to a sample.

    Attributes:
        kind: "damage", "loss", "edit" or "plant".
        what: In words, with the file's name.
    """

    kind: str
    what: str


def mutate(folder: Path, rng: Random, canary: Path) -> Mutation:
    """Change one file of a folder.

    Args:
        folder: Any files, in any folders; all may be changed.
        rng: What is done to which of them.
        canary: What planted code would make.
    """
    path = rng.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
    kinds = ["damage", "damage", "loss", "edit", "edit", "plant"]
    kind = rng.choice(kinds)
    if kind == "plant":
        return Mutation(kind, _plant(path, rng, canary))
    if kind == "edit" and not _editable(path):
        kind = "damage"
    how = rng.choice({"damage": DAMAGE, "loss": LOSS, "edit": EDITS}[kind])
    detail = how(path, rng)
    return Mutation(kind, f"{path.relative_to(folder)}: {how.__name__} {detail or ''}")


Change = Callable[[Path, Random], Any]


def flip(path: Path, rng: Random) -> str:
    """One to four bits are others."""
    data = bytearray(path.read_bytes())
    places = [rng.randrange(len(data)) for _ in range(rng.choice([1, 1, 2, 4]))]
    for place in places if data else []:
        data[place] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return str(places)


def insert(path: Path, rng: Random) -> None:
    """Bytes more."""
    data = path.read_bytes()
    place = rng.randrange(len(data) + 1)
    more = rng.randbytes(rng.choice([1, 8, 1000]))
    path.write_bytes(data[:place] + more + data[place:])


def drop(path: Path, rng: Random) -> None:
    """Bytes fewer, from anywhere."""
    data = path.read_bytes()
    place = rng.randrange(len(data) + 1)
    path.write_bytes(data[:place] + data[place + rng.choice([1, 8, 1000]) :])


def overwrite(path: Path, rng: Random) -> None:
    """A run of bytes is zeros, ones or noise."""
    data = path.read_bytes()
    size = min(len(data), rng.choice([1, 8, 64, 1000]))
    place = rng.randrange(len(data) - size + 1)
    new = rng.choice([bytes(size), b"\xff" * size, rng.randbytes(size)])
    path.write_bytes(data[:place] + new + data[place + size :])


def swap(path: Path, rng: Random) -> None:
    """Two runs of bytes change places."""
    data = path.read_bytes()
    half = len(data) // 2
    size = min(half, rng.choice([1, 8, 64]))
    a, b = rng.randrange(half - size + 1), half + rng.randrange(half - size + 1)
    parts = (data[:a], data[b : b + size], data[a + size : b], data[a : a + size])
    path.write_bytes(b"".join(parts) + data[b + size :])


def cut(path: Path, rng: Random) -> None:
    """The end is missing."""
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data) + 1)])


def empty(path: Path, rng: Random) -> None:
    """A file of nothing."""
    path.write_bytes(b"")


def remove(path: Path, rng: Random) -> None:
    """No file."""
    path.unlink()


def make_folder(path: Path, rng: Random) -> None:
    """A folder in the file's place."""
    path.unlink()
    path.mkdir()


def make_fifo(path: Path, rng: Random) -> None:
    """A pipe that nobody writes to."""
    path.unlink()
    os.mkfifo(path)


def make_link(path: Path, rng: Random) -> str:
    """A link to a device, to nothing or to itself."""
    path.unlink()
    target = rng.choice(["/dev/zero", "/dev/null", "/dev/full", "none", path.name])
    path.symlink_to(target)
    return target


def grow(path: Path, rng: Random) -> None:
    """A hole of many gigabytes behind the end."""
    os.truncate(path, rng.choice([2**33, 2**40]))


DAMAGE: list[Change] = [flip, flip, flip, insert, drop, overwrite, swap]
LOSS: list[Change] = [cut, cut, cut, empty, remove, make_folder, make_fifo, make_link]
LOSS.append(grow)

DEEP = "@deep"
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 3, 7, 1000, 10**9, 10**18, 10**300, -(10**9)),
    *(0.5, -0.5, 1e-300, 1e300, float("nan"), float("inf"), "", "1", "os.system"),
    *("\0", "a" * 10_000, [], {}, [0], [10**9, 10**9], [[1]], {"class": "os.system"}),
    *({"id": "pickle"}, [{"id": "pickle"}], DEEP, "../../etc/passwd", "é\n\x1b[31m"),
]
"""What may stand where anything else is expected."""


def _editable(path: Path) -> bool:
    return path.suffix in (".json", ".safetensors") or path.name.startswith(".z")


def edit(path: Path, rng: Random) -> str:
    """Some values of JSON are others, missing or new."""
    data = path.read_bytes()
    if path.suffix != ".safetensors":
        text, done = _edited(data.decode(), rng)
        path.write_bytes(text)
        return done
    size = int.from_bytes(data[:8], "little")
    header, done = _edited(data[8 : 8 + size].decode(), rng)
    path.write_bytes(len(header).to_bytes(8, "little") + header + data[8 + size :])
    return done


EDITS: list[Change] = [edit]


def _edited(text: str, rng: Random) -> tuple[bytes, str]:
    content = _without_seal(json.loads(text))
    done = [_edit_one(content, rng) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    deep = "[" * 100_000 + "]" * 100_000
    new = json.dumps(content).replace(json.dumps(DEEP), deep)
    return new.encode(), "; ".join(done)


def _without_seal(content: Any) -> Any:
    """Take seals out, of JSON in JSON too."""
    if isinstance(content, dict):
        return {k: _without_seal(v) for k, v in content.items() if k != "seal"}
    if isinstance(content, str) and content.startswith("{"):
        return json.dumps(_without_seal(json.loads(content)))
    return content


def _edit_one(content: Any, rng: Random) -> str:
    """Walk down to some container, and change an entry of it."""
    node, trail = content, ""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return "nothing"
        key = rng.choice(keys)
        trail += f"/{key!s:.40}"
        inner = node[key]
        if isinstance(inner, str) and inner.startswith("{"):
            parsed = json.loads(inner)
            trail += _edit_one(parsed, rng)
            node[key] = json.dumps(parsed)
            return trail
        if not isinstance(inner, dict | list) or rng.random() < 0.15:
            break
        node = inner
    return trail + _replace(node, key, rng)


def _replace(node: Any, key: Any, rng: Random) -> str:
    how = rng.random()
    if how < 0.15:
        del node[key]
        return " gone"
    if how < 0.25 and isinstance(node, dict):
        node["unknown"] = rng.choice(VALUES)
        return "/.. one more"
    node[key] = value = rng.choice(VALUES)
    return f" = {value!r:.40}"


class _Touch:
    """Pickled, a program that makes the canary."""

    def __init__(self, how: Callable[..., Any], *arguments: Any) -> None:
        self.how, self.arguments = how, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.how, self.arguments


def _plant(path: Path, rng: Random, canary: Path) -> str:
    touch = rng.choice(
        [
            _Touch(os.system, f"touch {canary}"),
            _Touch(open, str(canary), "w"),
            _Touch(exec, f"open({str(canary)!r}, 'w')"),
            _Touch(shutil.copy, "/etc/hostname", str(canary)),
        ]
    )
    content = rng.choice([touch, {"robot": touch}, [touch]])
    data = pickle.dumps(content, rng.choice([0, 2, 4, 5]))
    chunk = path.parent / ".zarray"
    if chunk.is_file() and path != chunk:
        # A codec that unpickles, and a chunk for it.
        array = json.loads(chunk.read_text())
        array[rng.choice(["filters", "compressor"])] = {"id": "pickle"}
        array["filters"] = array["filters"] and [array["filters"]]
        chunk.write_text(json.dumps({**array, "dtype": "|O"}))
    path.write_bytes(data)
    return f"{path.name}: {touch.how.__name__}"
