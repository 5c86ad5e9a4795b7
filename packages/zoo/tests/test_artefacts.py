import dataclasses
import hashlib
import json
from pathlib import Path

import pytest

import onehop_zoo
from onehop_interfaces import BadInput
from onehop_zoo import _artefacts

LIMIT = 14_000_000
"""Bytes that one artefact may have: the wheel must stay small."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zoo of one file and one folder."""
    (tmp_path / "ants.bin").write_bytes(b"six legs")
    (tmp_path / "owl").mkdir()
    (tmp_path / "owl" / "wing.bin").write_bytes(b"feathers")
    for name, path, file in [
        ("ants", "ants.bin", "ants.bin"),
        ("owl", "owl", "owl/wing.bin"),
    ]:
        sha256 = hashlib.sha256((tmp_path / file).read_bytes()).hexdigest()
        card = onehop_zoo.Artefact(name, f"make {name}", {}, path, {file: sha256})
        (tmp_path / f"{name}.json").write_text(json.dumps(dataclasses.asdict(card)))
    monkeypatch.setattr(_artefacts, "FOLDER", tmp_path)
    return tmp_path


def test_files_and_folders_are_found(folder: Path):
    assert onehop_zoo.names() == ["ants", "owl"]
    assert onehop_zoo.path("ants").read_bytes() == b"six legs"
    assert [f.name for f in onehop_zoo.path("owl").iterdir()] == ["wing.bin"]
    assert onehop_zoo.artefact("owl").rebuild == "make owl"


def test_an_unknown_name_is_refused_with_the_alternatives(folder: Path):
    with pytest.raises(BadInput, match=r"expected one of ants, owl; got 'bee'"):
        onehop_zoo.path("bee")


def test_a_name_cannot_leave_the_folder(folder: Path):
    with pytest.raises(BadInput):
        onehop_zoo.path("../" + folder.name + "/ants")


def test_a_changed_file_is_refused(folder: Path):
    (folder / "owl" / "wing.bin").write_bytes(b"feather")
    with pytest.raises(BadInput, match=r"wing\.bin: expected SHA-256 \w{64}, got \w"):
        onehop_zoo.path("owl")


def test_a_missing_file_is_refused(folder: Path):
    (folder / "ants.bin").unlink()
    with pytest.raises(BadInput, match=r"ants\.bin: expected .* got no file"):
        onehop_zoo.path("ants")


@pytest.mark.parametrize("name", onehop_zoo.names())
def test_every_artefact_is_whole_small_and_can_be_made_again(name: str):
    card = onehop_zoo.artefact(name)
    onehop_zoo.path(name)
    assert card.about.strip()
    assert card.rebuild.startswith("hatch run ")
    assert "onehop-envs" in card.made_with
    assert sum((_artefacts.FOLDER / f).stat().st_size for f in card.sha256) < LIMIT


def test_every_file_in_the_folder_is_on_a_card():
    listed = {
        f for name in onehop_zoo.names() for f in onehop_zoo.artefact(name).sha256
    }
    cards = {f"{name}.json" for name in onehop_zoo.names()}
    files = (f for f in _artefacts.FOLDER.rglob("*") if f.is_file())
    assert {str(f.relative_to(_artefacts.FOLDER)) for f in files} == listed | cards
