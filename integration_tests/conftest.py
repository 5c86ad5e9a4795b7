"""What several of these tests read: the members of the repository."""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Member:
    """One package or app."""

    folder: Path

    @cached_property
    def project(self) -> dict[str, Any]:
        text = (self.folder / "pyproject.toml").read_text("utf-8")
        return tomllib.loads(text)["project"]

    @property
    def name(self) -> str:
        return self.project["name"]

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        return self.folder / "src" / self.module

    @property
    def is_app(self) -> bool:
        return self.folder.parent.name == "apps"

    @property
    def version(self) -> str:
        text = (self.source / "__init__.py").read_text("utf-8")
        return re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)[1]


MEMBERS = [Member(p.parent) for p in sorted(ROOT.glob("*/*/pyproject.toml"))]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `member` for each of them."""
    if "member" in metafunc.fixturenames:
        metafunc.parametrize("member", MEMBERS, ids=lambda m: m.folder.name)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def members() -> list[Member]:
    return MEMBERS
