"""The release command, tried on a scratch clone."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "release.py"


def git(clone: Path, *arguments: str) -> str:
    command = ["git", "-C", str(clone), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def clone(root: Path, tmp_path: Path) -> Path:
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    folder = tmp_path / "clone"
    source = root.as_uri()
    git(root, "clone", "--quiet", "--depth=1", "--no-tags", source, str(folder))
    git(folder, "config", "user.name", "Someone")
    git(folder, "config", "user.email", "someone@example.org")
    return folder


def release(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(
        command, cwd=clone, capture_output=True, text=True, check=False
    )


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def members_next(version: str) -> str:
    """The patch release that follows `version`."""
    head, _, patch = version.rpartition(".")
    return f"{head}.{int(patch) + 1}"


def test_one_command_releases_one_member(clone: Path, members):
    (sds,) = (m for m in members if m.name == "onehop-sds")
    new = members_next(sds.version)
    folder = clone / "packages/sds"
    notes = (folder / "CHANGELOG.md").read_text("utf-8").split("## Unreleased\n\n")[1]

    done = release(clone, "sds", "patch")
    assert done.returncode == 0, done.stderr
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "tag", "--points-at", "HEAD").split() == [f"sds-v{new}"]
    changed = git(clone, "show", "--name-only", "--format=", "HEAD").split()
    assert set(changed) == {
        "packages/sds/CHANGELOG.md",
        "packages/sds/src/onehop_sds/__init__.py",
    }
    top, released = (folder / "CHANGELOG.md").read_text("utf-8").split(f"## {new} (")
    assert top.endswith("## Unreleased\n\n")
    assert released.split(")\n\n", 1)[1] == notes

    assert {file.name for file in (clone / "dist").iterdir()} == {
        f"onehop_sds-{new}.tar.gz",
        f"onehop_sds-{new}-py3-none-any.whl",
    }
    with zipfile.ZipFile(clone / f"dist/onehop_sds-{new}-py3-none-any.whl") as wheel:
        assert "onehop_sds/py.typed" in wheel.namelist()
        assert f'__version__ = "{new}"'.encode() in wheel.read("onehop_sds/__init__.py")
    with tarfile.open(clone / f"dist/onehop_sds-{new}.tar.gz") as sdist:
        assert f"onehop_sds-{new}/CHANGELOG.md" in sdist.getnames()


def test_a_breaking_release_waits_for_the_siblings(clone: Path):
    done = release(clone, "sds", "minor")
    assert done.returncode != 0
    assert "onehop-sds>=0.1,<0.2' does not admit 0.2.0" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert git(clone, "status", "--porcelain") == ""

    for file in clone.glob("apps/*/pyproject.toml"):
        if "onehop-sds" in file.read_text("utf-8"):
            edit(file, "onehop-sds>=0.1,<0.2", "onehop-sds>=0.1,<0.3")
    git(clone, "commit", "-qam", "Admit onehop-sds 0.2")
    done = release(clone, "sds", "minor")
    assert done.returncode == 0, done.stderr
    assert git(clone, "tag", "--list").split() == ["sds-v0.2.0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sdx", "patch"), "expected one of .*sds.*; got 'sdx'"),
        (("sds", "0.0.1"), "not higher than the original version"),
        (("sds", "tiny"), "Invalid version: 'tiny'"),
    ],
)
def test_bad_input_is_refused(clone: Path, arguments, message: str):
    done = release(clone, *arguments)
    assert done.returncode != 0
    assert re.search(message, done.stderr)
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "tag", "--list") == ""


def test_a_dirty_tree_and_a_taken_tag_are_refused(clone: Path):
    (clone / "note.txt").write_text("not committed")
    assert "commit them first" in release(clone, "sds", "patch").stderr
    (clone / "note.txt").unlink()
    git(clone, "tag", "sds-v0.1.1")
    assert "sds-v0.1.1 exists" in release(clone, "sds", "patch").stderr


def test_nothing_to_tell_is_nothing_to_release(clone: Path):
    assert release(clone, "sds", "patch").returncode == 0
    done = release(clone, "sds", "patch")
    assert "CHANGELOG.md" in done.stderr
    assert git(clone, "status", "--porcelain") == ""
