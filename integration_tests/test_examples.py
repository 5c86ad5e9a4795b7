"""Every command that a help text or a README shows is one that its program takes."""

import importlib
import re
import shlex
from pathlib import Path

import pytest
import tyro

import onehop_control.config as control
import onehop_import.config as importing
import onehop_train.__main__ as train
from onehop_collect.config import Config as Collect
from onehop_compare.config import Compare
from onehop_demo.config import Demo
from onehop_evaluate.config import Config as Evaluate
from onehop_export.config import Config as Export
from onehop_methods.__main__ import Listing
from onehop_train._config import Command

PROGRAMS = {
    "onehop-collect": Collect,
    "onehop-compare": Compare,
    "onehop-control": control.Command,
    "onehop-demo": Demo,
    "onehop-evaluate": Evaluate,
    "onehop-export": Export,
    "onehop-import": importing.Command,
    "onehop-methods": Listing,
    "onehop-train": Command,
}
SCRIPTS = {name.removeprefix("onehop-"): name for name in PROGRAMS}
AS_SCRIPTS = {
    f"hatch run {place}{script}": name
    for script, name in SCRIPTS.items()
    for place in ("", "square:")
}
AS_MODULES = {f"-m {name.replace('-', '_')}": name for name in PROGRAMS}
START = re.compile("|".join((*PROGRAMS, *AS_SCRIPTS, *AS_MODULES)))


def commands(text: str) -> list[str]:
    """Indented or fenced commands, each on one line: more indentation goes on."""
    found: list[str] = []
    width = None
    for line in text.splitlines():
        bare = line.strip().partition(" #")[0].rstrip("\\").strip()
        indent = len(line) - len(line.lstrip())
        if width is not None and indent > width and bare:
            found[-1] += f" {bare}"
        elif match := re.match(rf"(accelerate launch .*?)?({START.pattern})\b", bare):
            found.append(bare[match.start(2) :])
            width = indent
        else:
            width = None
    return found


def parsed(command: str) -> object:
    """What the command's program makes of its words."""
    start = START.match(command)[0]
    name = {**AS_SCRIPTS, **AS_MODULES}.get(start, start)
    words = shlex.split(command[len(start) :].replace("...", ""))
    return tyro.cli(PROGRAMS[name], prog=name, args=words)


def help_of(program: str) -> str:
    if program == "onehop-train":
        return train.DESCRIPTION
    if program == "onehop-import":
        return importing.DESCRIPTION
    if program == "onehop-control":
        return control.DESCRIPTION
    return PROGRAMS[program].__doc__


@pytest.mark.parametrize("program", PROGRAMS)
def test_examples_of_help_texts(program):
    shown = commands(help_of(program))
    assert shown
    for command in shown:
        parsed(command)


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_leaves_examples_on_lines_of_their_own(program, capsys):
    main = importlib.import_module(f"{program.replace('-', '_')}.__main__").main
    with pytest.raises(SystemExit):
        main(["--help"])
    head = capsys.readouterr().out.partition("╭")[0]
    assert commands(head) == commands(help_of(program))
    for line in head.splitlines():
        assert not re.search(rf"\S.*: ({program}) -", line), line


def pages(root: Path) -> list[Path]:
    return [root / "README.md", *root.glob("docs/*.md"), *root.glob("*/*/README.md")]


def test_examples_of_pages(root):
    shown = {page: commands(page.read_text("utf-8")) for page in pages(root)}
    assert sum(map(len, shown.values())) > 10
    for page, lines in shown.items():
        for command in lines:
            if "$" in command:  # of a loop in the shell
                continue
            try:
                parsed(command)
            except SystemExit:
                pytest.fail(f"{page}: {command}")
