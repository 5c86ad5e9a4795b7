"""Put an artefact into the zoo, or a newer one in the place of an older.

    python packages/zoo/scripts/add.py NAME SOURCE --about TEXT --rebuild COMMAND

SOURCE is a file or a folder; of a folder, every file directly in it is taken.
"""

import argparse
import dataclasses
import json
import shutil
from importlib.metadata import distributions
from pathlib import Path

from onehop_zoo._artefacts import FOLDER, Artefact, digest

SHAPING = {"torch", "numpy", "pymunk", "shapely", "gymnasium", "mujoco"}
"""Third parties whose version may change an artefact's bytes."""


def made_with() -> dict[str, str]:
    """The installed versions of our own packages and of those that shape the bytes."""
    found = {d.metadata["Name"]: d.version for d in distributions()}
    return {
        name: version
        for name, version in sorted(found.items())
        if name.startswith("onehop-") or name in SHAPING
    }


def add(name: str, source: Path, about: str, rebuild: str) -> None:
    """Copy `source` into the zoo and write its card."""
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / (name + source.suffix)
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        pairs = [(f, target / f.name) for f in sorted(source.iterdir()) if f.is_file()]
    else:
        pairs = [(source, target)]
    for old, new in pairs:
        shutil.copyfile(old, new)
    sha256 = {str(new.relative_to(FOLDER)): digest(new) for _, new in pairs}
    card = Artefact(about, rebuild, made_with(), target.name, sha256)
    text = json.dumps(dataclasses.asdict(card), indent=2) + "\n"
    (FOLDER / f"{name}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("source", type=Path)
    parser.add_argument("--about", required=True)
    parser.add_argument("--rebuild", required=True)
    add(**vars(parser.parse_args()))
