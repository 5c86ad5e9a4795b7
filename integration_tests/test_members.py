"""Each member is a whole package of its own, and keeps to the limits of size."""

import ast
import importlib
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

FILE_LIMIT = 300
FUNCTION_LIMIT = 60
"""Lines, of a function without its docstring."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(file: Path) -> list[Function]:
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    return [node for node in nodes if isinstance(node, Function)]


def length(node: ast.stmt) -> int:
    """Lines, a docstring not counted."""
    lines = node.end_lineno - node.lineno + 1
    if isinstance(node, Function) and ast.get_docstring(node) is not None:
        lines -= length(node.body[0])
    return lines


def bare_arguments(function: Function) -> list[str]:
    """Names of the arguments that have no annotation."""
    a = function.args
    named = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
    bare = [arg.arg for arg in named if arg is not None and arg.annotation is None]
    return [name for name in bare if name not in ("self", "cls")]


def test_files_are_there(member, root: Path):
    for name in ("README.md", "CHANGELOG.md"):
        assert (member.folder / name).read_text("utf-8").startswith("# "), name
    license = (member.folder / "LICENSE").read_text("utf-8")
    assert license == (root / "LICENSE").read_text("utf-8")
    assert (member.source / "py.typed").is_file()
    assert list(member.folder.glob("tests/test_*.py"))


def test_names_and_versions(member):
    whole = member.folder.name == "onehop"
    assert member.name == ("onehop" if whole else f"onehop-{member.folder.name}")
    assert importlib.import_module(member.module).__version__ == member.version
    changes = (member.folder / "CHANGELOG.md").read_text("utf-8")
    assert changes.startswith("# Changelog\n\n## Unreleased\n")


def test_apps_are_commands(member):
    if not member.is_app:
        pytest.skip("a package")
    try:
        distribution(member.name)
    except PackageNotFoundError:
        pytest.skip("read from PYTHONPATH, not installed")
    command = shutil.which(member.name)
    assert command is not None
    done = subprocess.run(
        [command, "--help"], capture_output=True, text=True, check=True
    )
    assert member.name in done.stdout


def test_files_are_short(member):
    for file in member.folder.rglob("*.py"):
        assert len(file.read_text("utf-8").splitlines()) <= FILE_LIMIT, file


def test_functions_are_short_and_annotated(member):
    for file in member.source.rglob("*.py"):
        for function in functions(file):
            place = f"{file}:{function.lineno} {function.name}"
            assert length(function) <= FUNCTION_LIMIT, place
            assert function.returns is not None, place
            assert bare_arguments(function) == [], place
