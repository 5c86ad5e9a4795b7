"""Command lines with options that cannot be: exit status 2, and nothing left behind.

A command that is whole but for one option, or two, is carried out in this process.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import NamedTuple

from targets import demonstrations, teacher

import onehop_collect.__main__ as collect
import onehop_compare.__main__ as compare
import onehop_demo.__main__ as demo
import onehop_evaluate.__main__ as evaluate
import onehop_train.__main__ as train
from onehop_teachers import save_teacher

__all__ = ["COMMANDS", "give"]

Main = Callable[[Sequence[str]], object]

NO_COUNT = ("0", "-1", "1.5", "x", "", "nan")
NO_NUMBER = ("nan", "inf", "-inf", "x", "")
NO_SEED = ("x", "", "1.5", str(2**64), str(-(2**80)))
NO_NAME = ("x", "", "os.system")
NO_FILE = ("{work}/none", "", "{work}", "{work}/fifo", "/dev/zero", "{work}/\x01")
NO_PLACE = ("{work}/file", "{work}/file/under", "/dev/null/under", "/proc/none")
NO_THREADS = (*NO_COUNT, "100000")


class Command(NamedTuple):
    """A command.

    Attributes:
        main: Its main function.
        words: What to call it with; a quick job.
        bad: Option -> what it cannot be.
    """

    main: Main
    words: str
    bad: Mapping[str, Sequence[str]]


RUN = {
    "--data": NO_FILE,
    "--out": NO_PLACE,
    "--steps": NO_COUNT,
    "--batch-size": NO_COUNT,
    "--seed": NO_SEED,
    "--precision": NO_NAME,
    "--threads": NO_THREADS,
    "--save-every": NO_COUNT,
    "--log-every": NO_COUNT,
    "--lr": ("-1", *NO_NUMBER),
    "--unknown": ("1",),
}
COMMANDS: dict[str, Command] = {
    "train teacher": Command(
        train.main,
        "teacher --data {data} --out {work}/out --steps 1 --batch-size 2",
        RUN
        | {
            "--task": NO_NAME,
            "--net": NO_NAME,
            "--predict": ("", "y", "os.system"),
            "--jitter": ("-1", *NO_NUMBER),
            "--jitter-of": NO_NAME,
            "--drop-points": ("-1", ".5", "2", *NO_NUMBER),
        },
    ),
    "train sds": Command(
        train.main,
        "sds --data {data} --teacher {teacher} --out {work}/out --steps 1 "
        "--batch-size 2",
        RUN | {"--teacher": NO_FILE, "--head": NO_NAME, "--t-init": ("-1", "1e9")},
    ),
    "train vdd": Command(
        train.main,
        "vdd --data {data} --teacher {teacher} --out {work}/out --steps 1 "
        "--batch-size 2",
        RUN | {"--experts": NO_COUNT, "--t-range": (".9 1.7", ".9 .1", "nan 1", "x")},
    ),
    "train pairs": Command(
        train.main,
        "pairs --data {data} --teacher {teacher} --out {work}/out --count 4 "
        "--shard-size 2",
        {
            "--data": NO_FILE,
            "--teacher": NO_FILE,
            "--out": NO_PLACE,
            "--count": NO_COUNT,
            "--shard-size": NO_COUNT,
            "--teacher-steps": (*NO_COUNT, "1000000"),
            "--tau": ("-1", "0", *NO_NUMBER),
            "--tau-probabilities": ("-1", "0", *NO_NUMBER),
            "--seed": NO_SEED,
            "--threads": NO_THREADS,
        },
    ),
    "evaluate": Command(
        evaluate.main,
        "--teacher {teacher} --out {work}/out --episodes 2 --rollouts-only",
        {
            "--teacher": NO_FILE,
            "--students": NO_FILE,
            "--out": NO_PLACE,
            "--task": NO_NAME,
            "--starts": NO_NAME,
            "--episodes": (*NO_COUNT, "1", "1000000000"),
            "--seed": NO_SEED,
            "--device": (*NO_NAME, "cuda:99", "meta"),
            "--latency-rounds": NO_COUNT,
        },
    ),
    "collect": Command(
        collect.main,
        "--task avoiding --out {work}/out.safetensors --episodes 1 --workers 1",
        {
            "--out": ("{work}", "{work}/file", "{work}/file/under", "/dev/null/under"),
            "--task": NO_NAME,
            "--episodes": (*NO_COUNT, "1000000000"),
            "--seed": NO_SEED,
            "--temperature": ("-1", "1", *NO_NUMBER),
            "--max-steps": NO_COUNT,
            "--workers": NO_COUNT,
        },
    ),
    "compare": Command(
        compare.main,
        "--out {work}/out --studies avoiding --methods sds --episodes 2 --scale 1e-4",
        {
            "--out": NO_PLACE,
            "--studies": NO_NAME,
            "--methods": NO_NAME,
            "--seeds": NO_COUNT,
            "--episodes": (*NO_COUNT, "1"),
            "--workers": NO_COUNT,
            "--scale": ("0", "-1", *NO_NUMBER),
            "--latency-rounds": NO_COUNT,
            "--precision": NO_NAME,
            "--starts": NO_NAME,
        },
    ),
    "demo": Command(
        demo.main,
        "--out {work}/out",
        {
            "--out": NO_PLACE,
            "--human": NO_FILE,
            "--seed": NO_SEED,
            "--demonstrations": NO_COUNT,
            "--teacher-steps": NO_COUNT,
            "--student-steps": NO_COUNT,
            "--precision": NO_NAME,
            "--episodes": (*NO_COUNT, "1"),
        },
    ),
}


def give(
    name: str, rng: Random, work: Path
) -> tuple[Main, list[str], Callable[[], str]]:
    """A command with one or two options that cannot be.

    Args:
        name: Of `COMMANDS`.
        rng: Which options, and what they are.
        work: A folder to work in.

    Returns:
        The main function, its arguments, and what the command has left in the folder.
    """
    command = COMMANDS[name]
    (work / "file").write_text("mine")
    os.mkfifo(work / "fifo")
    sample = _sample()
    places = {
        "work": str(work),
        "data": str(sample / "demos.safetensors"),
        "teacher": str(sample / "teacher"),
    }
    words = command.words.format(**places).split(" ")
    for option in rng.sample(sorted(command.bad), rng.choice([1, 1, 2])):
        value = rng.choice(command.bad[option]).format(**places)
        words += [option, *(value.split(" ") if option == "--t-range" else [value])]
    before = sorted(work.rglob("*"))

    def left() -> str:
        more = sorted(set(work.rglob("*")) - set(before))
        return ", ".join(str(path.relative_to(work)) for path in more)

    return _quietly(command.main), words, left


@cache
def _sample() -> Path:
    """A folder of demonstrations and a teacher."""
    folder = Path(mkdtemp())
    demonstrations().save(folder / "demos.safetensors")
    save_teacher(folder / "teacher", teacher(), {"seed": 0})
    return folder


def _quietly(main: Main) -> Main:
    def run(words: Sequence[str]) -> None:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            main(words)

    return run
