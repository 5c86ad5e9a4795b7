"""Release one member alone: version, changelog, commit, tag, sdist and wheel.

    hatch run release NAME PART

NAME is the member's folder (`sds`, `train`, ...). PART is `major`, `minor`, `patch`, a
version, or `release` to keep the number it has. Below 1.0 the minor number breaks, so
the ranges of the siblings that depend on the member must admit the new version first;
where one does not, nothing is released and the line to mend is named. Nothing is
pushed or uploaded.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from hatchling.version.scheme.standard import StandardScheme
from packaging.requirements import Requirement

ROOT = Path.cwd()
HATCHLING = (sys.executable, "-m", "hatchling")


class Refused(Exception):
    """The release cannot be made; the message says why."""


def run(*command: str, cwd: Path = ROOT) -> str:
    """Run a command and return what it prints."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def project(member: Path) -> dict[str, Any]:
    """The `[project]` table of a member."""
    table: dict[str, Any] = tomllib.loads((member / "pyproject.toml").read_text())
    return dict(table["project"])


def find(name: str) -> Path:
    """The folder of the member called `name`."""
    members = {p.parent.name: p.parent for p in ROOT.glob("*/*/pyproject.toml")}
    if name not in members:
        raise Refused(f"member: expected one of {', '.join(members)}; got {name!r}")
    return members[name]


def check_ranges(distribution: str, version: str) -> None:
    """Refuse a version outside a sibling's range for it."""
    for file in ROOT.glob("*/*/pyproject.toml"):
        tables = project(file.parent)
        extras = tables.get("optional-dependencies", {}).values()
        for text in sum(extras, list(tables["dependencies"])):
            need = Requirement(text)
            if need.name == distribution and version not in need.specifier:
                place = file.relative_to(ROOT)
                raise Refused(f"{place}: {text!r} does not admit {version}; widen it")


def replaced(file: Path, pattern: str, text: str) -> str:
    """The file's text with the one match of `pattern` replaced."""
    new, count = re.subn(pattern, text, file.read_text("utf-8"), flags=re.MULTILINE)
    if count != 1:
        raise Refused(f"{file}: expected one match of {pattern!r}, got {count}")
    return new


def edits(member: Path, distribution: str, version: str) -> dict[Path, str]:
    """The files of a member that a release changes, with their new text."""
    changes = member / "CHANGELOG.md"
    literal = member / "src" / distribution.replace("-", "_") / "__init__.py"
    line = f'__version__ = "{version}"'
    title = f"## Unreleased\n\n## {version} ({date.today().isoformat()})\n\n"
    return {
        changes: replaced(changes, r"^## Unreleased\n\n(?=###)", title),
        literal: replaced(literal, r'^__version__ = ".*"$', line),
    }


def release(name: str, part: str) -> str:
    """Release the member `name`; the tag that marks it."""
    if run("git", "status", "--porcelain"):
        raise Refused("the working tree has changes: commit them first")
    member = find(name)
    distribution = project(member)["name"]
    old = run(*HATCHLING, "version", cwd=member)
    new = StandardScheme(str(member), {}).update(part, old, {})
    tag = f"{name}-v{new}"
    if run("git", "tag", "--list", tag):
        raise Refused(f"the tag {tag} exists")
    check_ranges(distribution, new)

    texts = edits(member, distribution, new)
    for file, text in texts.items():
        file.write_text(text, "utf-8")
    try:
        run(*HATCHLING, "build", "-d", f"{ROOT}/dist", cwd=member)
    except Refused:
        run("git", "checkout", "--", *map(str, texts))
        raise
    run("git", "commit", "-m", f"Release {name} {new}", "--", *map(str, texts))
    run("git", "tag", "-a", tag, "-m", f"{distribution} {new}")
    return tag


def main() -> None:
    """Read the command line and release."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("part")
    arguments = parser.parse_args()
    try:
        tag = release(arguments.name, arguments.part)
    except (Refused, ValueError) as error:
        raise SystemExit(f"release: {error}") from None
    print(f"{tag}: committed, tagged, and built into {ROOT / 'dist'}")


if __name__ == "__main__":
    main()
