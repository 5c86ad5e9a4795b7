"""Artefacts: files worth shipping, each with its card.

An artefact is one file, or one folder of files, made by a command of this project. It
lies in `artefacts/` inside the package, and beside it its card `<name>.json`, which
says what it is, how to make it again, with which versions it was made, and the SHA-256
of every file. The files are checked against the card each time they are asked for.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from onehop_interfaces import BadInput

__all__ = ["FOLDER", "Artefact", "artefact", "digest", "names", "path"]

FOLDER = Path(__file__).parent / "artefacts"


@dataclass(frozen=True)
class Artefact:
    """The card of an artefact.

    Attributes:
        about: What it is, in a line.
        rebuild: The command, run in the root of the repository, that makes it again.
        made_with: Distribution -> version, of everything that shaped its bytes.
        path: Where it lies, relative to the folder of artefacts.
        sha256: File, relative to the same folder -> SHA-256 of its bytes.
    """

    about: str
    rebuild: str
    made_with: Mapping[str, str]
    path: str
    sha256: Mapping[str, str]


def names() -> list[str]:
    """The artefacts there are."""
    return sorted(card.stem for card in FOLDER.glob("*.json"))


def artefact(name: str) -> Artefact:
    """The card of an artefact.

    Raises:
        BadInput: if there is none of that name, naming those there are.
    """
    if name not in names():
        raise BadInput(f"artefact: expected one of {', '.join(names())}; got {name!r}")
    return Artefact(**json.loads((FOLDER / f"{name}.json").read_text("utf-8")))


def digest(file: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def path(name: str) -> Path:
    """Where an artefact lies: a file, or a folder.

    Raises:
        BadInput: if there is none of that name, or its files are not as they were made.
    """
    card = artefact(name)
    for file, expected in card.sha256.items():
        came = digest(FOLDER / file) if (FOLDER / file).is_file() else "no file"
        if came != expected:
            raise BadInput(
                f"{FOLDER / file}: expected SHA-256 {expected}, got {came}; "
                "install onehop-zoo again"
            )
    return FOLDER / card.path
