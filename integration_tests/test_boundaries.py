"""The star: packages import the interfaces and third parties, never one another."""

import ast
import re
import sys
from pathlib import Path

from packaging.requirements import Requirement

TORCH_MODULES = {"exact.py", "testing.py"}
"""The modules of onehop-interfaces that may import torch."""


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


def declared(member) -> set[str]:
    """Import names of what a member declares, its extras for users included."""
    extras = member.project.get("optional-dependencies", {})
    texts = sum(extras.values(), list(member.project["dependencies"]))
    return {re.sub("-", "_", Requirement(text).name) for text in texts}


def test_imports_are_declared(member):
    came = set().union(*(imported(file) for file in member.source.rglob("*.py")))
    assert came <= declared(member) | {member.module}


def test_packages_do_not_know_their_siblings(member, members):
    siblings = {m.module for m in members} - {member.module, "onehop_interfaces"}
    apps = {m.module for m in members if m.is_app}
    allowed = siblings - apps if member.is_app else set()
    if member.folder.name == "demo":
        allowed = siblings
    assert declared(member) & siblings <= allowed


def test_interfaces_need_only_the_standard_library(members):
    (interfaces,) = (m for m in members if m.name == "onehop-interfaces")
    assert interfaces.project["dependencies"] == []
    for file in interfaces.source.rglob("*.py"):
        extra = {"torch"} if file.name in TORCH_MODULES else set()
        assert imported(file) <= {interfaces.module} | extra, file
