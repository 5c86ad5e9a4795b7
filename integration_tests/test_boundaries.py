"""The star: packages import the interfaces and third parties, never one another."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

WITH_TORCH = (
    *(
        "_exporting.py",
        "_small.py",
        "acting.py",
        "averages.py",
        "drawing.py",
        "exact.py",
        "gain.py",
        "learning.py",
    ),
    *("spaces.py", "testing.py"),
)
WITH_NUMPY = ("history.py", "_pickled_names.py")
EXTRA = {
    **{name: {"numpy"} for name in WITH_NUMPY},
    **{name: {"torch"} for name in WITH_TORCH},
}
"""What modules of onehop-interfaces may import beside the standard library."""

DISTRIBUTIONS = packages_distributions()


def imported(*files: Path) -> set[str]:
    """What files import when they run, at the top or lazily; no standard library."""
    names = set()
    for file in files:
        tree = ast.parse(file.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                node.body = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names)


def distributions(modules: set[str]) -> set[str]:
    """The distributions that bring modules (`PIL`: `pillow`)."""
    names = {DISTRIBUTIONS.get(module, [module])[0] for module in modules}
    return {canonicalize_name(name) for name in names}


def declared(member, but: str = "") -> set[str]:
    """The distributions that a member may import, those of all extras but one."""
    extras = member.project.get("optional-dependencies", {})
    optional = [text for name in extras.keys() - {but} for text in extras[name]]
    texts = [member.name, *member.project["dependencies"], *optional]
    return {canonicalize_name(Requirement(text).name) for text in texts}


def test_imports_are_declared(member):
    modules = imported(*member.source.rglob("*.py"))
    assert distributions(modules) <= declared(member, but="test")


def test_imports_of_tests_are_declared(member):
    modules = imported(*member.folder.glob("tests/**/*.py"))
    assert distributions(modules) <= declared(member) | {"pytest"}


def test_packages_do_not_know_their_siblings(member, members):
    if member.is_app:
        pytest.skip("apps compose the packages")
    siblings = {m.name for m in members} - {member.name, "onehop-interfaces"}
    assert not declared(member) & siblings


def test_interfaces_need_only_the_standard_library(members):
    (interfaces,) = (m for m in members if m.name == "onehop-interfaces")
    assert interfaces.project["dependencies"] == []
    for file in interfaces.source.rglob("*.py"):
        extra = EXTRA.get(file.name, set())
        assert imported(file) <= {interfaces.module} | extra, file
