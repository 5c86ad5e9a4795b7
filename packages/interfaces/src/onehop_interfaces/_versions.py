"""Which code is at work: enough to know a result of other code for what it is.

Version numbers change when a package is released, its sources at any time. Their hash
tells apart what the numbers do not, so results are kept and compared by both.
"""

from __future__ import annotations

import functools
import hashlib
import pkgutil
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["sources_sha256", "versions"]


def versions(*libraries: str) -> dict[str, str]:
    """Python's, our packages' and these libraries' versions; "onehop": our sources.

    Args:
        libraries: Names of distributions, such as "torch"; those absent are left out.
    """
    found = {"python": platform.python_version(), "onehop": sources_sha256()}
    for name in (*sorted(name for name, _ in _packages()), *libraries):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@functools.cache
def sources_sha256() -> str:
    """SHA-256 over names and contents of the Python files of every package of ours."""
    digest = hashlib.sha256()
    for name, folder in sorted(_packages()):
        for file in sorted(folder.rglob("*.py")):
            inside = file.relative_to(folder).as_posix()
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{name}/{inside} {content}\n".encode())
    return digest.hexdigest()


def _packages() -> Iterator[tuple[str, Path]]:
    """Every onehop package that can be imported here, and its folder."""
    for finder, name, is_package in pkgutil.iter_modules():
        if is_package and name.startswith("onehop_"):
            yield name, Path(finder.path) / name  # type: ignore[union-attr]
