"""The star: packages import the interfaces and third parties, never one another."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

TORCH_MODULES = {"exact.py", "testing.py"}
"""The modules of onehop-interfaces that may import torch."""

DISTRIBUTIONS = packages_distributions()


def imported(file: Path) -> set[str]:
    """Top-level names of what a file imports when it runs, absolutely or lazily."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names)


def distribution(module: str) -> str:
    """The distribution that brings a module (`PIL`: `pillow`)."""
    names = DISTRIBUTIONS.get(module, [module])
    return names[0].replace("_", "-").lower()


def declared(member) -> set[str]:
    """The distributions that a member's source may import, extras included."""
    extras = member.project.get("optional-dependencies", {})
    optional = [text for name in extras.keys() - {"test"} for text in extras[name]]
    texts = [*member.project["dependencies"], *optional]
    return {Requirement(text).name.replace("_", "-").lower() for text in texts}


def test_imports_are_declared(member):
    modules = set().union(*(imported(file) for file in member.source.rglob("*.py")))
    assert {distribution(m) for m in modules} <= declared(member) | {member.name}


def test_packages_do_not_know_their_siblings(member, members):
    if member.is_app:
        pytest.skip("apps compose the packages")
    siblings = {m.name for m in members} - {member.name, "onehop-interfaces"}
    assert declared(member) & siblings == set()


def test_interfaces_need_only_the_standard_library(members):
    (interfaces,) = (m for m in members if m.name == "onehop-interfaces")
    assert interfaces.project["dependencies"] == []
    for file in interfaces.source.rglob("*.py"):
        extra = {"torch"} if file.name in TORCH_MODULES else set()
        assert imported(file) <= {interfaces.module} | extra, file
