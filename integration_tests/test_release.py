"""The release command, tried on a scratch clone."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

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


@pytest.fixture
def version(members) -> Version:
    """The version of onehop-sds in the checkout."""
    (sds,) = (m for m in members if m.name == "onehop-sds")
    return Version(sds.version)


def test_one_command_releases_one_member(clone: Path, version: Version):
    new = f"{version.major}.{version.minor}.{version.micro + 1}"
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


def test_a_breaking_release_waits_for_the_siblings(clone: Path, version: Version):
    new, limit = (f"{version.major}.{version.minor + n}" for n in (1, 2))
    done = release(clone, "sds", "minor")
    assert done.returncode != 0
    assert f"<{new}' does not admit {new}.0; widen it" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert git(clone, "status", "--porcelain") == ""

    for file in clone.glob("apps/*/pyproject.toml"):
        text = file.read_text("utf-8")
        wider = re.sub(rf'("onehop-sds>=.*,)<{re.escape(new)}"', rf'\1<{limit}"', text)
        file.write_text(wider, "utf-8")
    git(clone, "commit", "-qam", f"Admit onehop-sds {new}")
    done = release(clone, "sds", "minor")
    assert done.returncode == 0, done.stderr
    assert git(clone, "tag", "--list").split() == [f"sds-v{new}.0"]


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


def test_a_dirty_tree_is_refused(clone: Path):
    (clone / "note.txt").write_text("not committed")
    assert "commit them first" in release(clone, "sds", "patch").stderr


def test_a_taken_tag_is_refused(clone: Path, version: Version):
    git(clone, "tag", f"sds-v{version}")
    assert f"sds-v{version} exists" in release(clone, "sds", "release").stderr


def test_nothing_to_tell_is_nothing_to_release(clone: Path):
    assert release(clone, "sds", "patch").returncode == 0
    done = release(clone, "sds", "patch")
    assert "CHANGELOG.md" in done.stderr
    assert git(clone, "status", "--porcelain") == ""
