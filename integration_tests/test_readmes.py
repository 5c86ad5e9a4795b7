"""The examples in the READMEs run as they stand, beside a demonstration file."""

import ast
import re
from pathlib import Path

import pytest

import onehop_zoo

LIMIT = 20
"""Lines of code in an example."""


def examples(readme: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", readme.read_text("utf-8"), re.M | re.S)


def imported(program: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def run(readme: Path) -> None:
    """Run a README's examples one after the other, as one program."""
    program = "\n".join(examples(readme))
    exec(compile(program, str(readme), "exec"), {"__name__": "__main__"})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where `onehop-collect --out demos.safetensors` has run."""
    demonstrations = onehop_zoo.path("pusht-planner")
    (tmp_path / "demos.safetensors").symlink_to(demonstrations)
    monkeypatch.chdir(tmp_path)


def test_examples_of_the_members(member):
    readme = member.folder / "README.md"
    if not examples(readme):
        pytest.skip("no example")
    run(readme)


def test_the_first_example_needs_only_onehop_sds(root: Path):
    example, *_ = examples(root / "README.md")
    code = [line for line in example.splitlines() if line.strip()]
    assert len(code) <= LIMIT
    assert imported(example) == {"onehop_interfaces", "onehop_sds", "torch"}
    run(root / "README.md")
