"""Options and paths that cannot be, over all commands: one line, status 2, no trace.

What follows "--" of a case is put after the options that the command cannot do without,
where the later of two counts.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_type_hints

import pytest

import onehop_collect.__main__ as collect
import onehop_compare.__main__ as compare
import onehop_demo.__main__ as demo
import onehop_evaluate.__main__ as evaluate
import onehop_train.__main__ as train
import onehop_zoo
from onehop_envs import Demonstrations
from onehop_methods import METHODS
from onehop_teachers import load_teacher, save_teacher

TRAIN = """
teacher --lr -1 | --lr 0 | --lr nan | --lr inf | --lr 1e38 | --ema-decay 2
teacher --ema-decay -1 | --ema-decay 1 | --ema-decay nan | --jitter nan | --jitter -1
teacher --jitter inf | --steps 0 | --steps -3 | --steps 1000000000 | --batch-size 0
teacher --batch-size 1000000000 | --threads 0 | --threads 100000 | --seed -1
teacher --seed 18446744073709551616 | --save-every 0 | --log-every 0 | --task avoiding
teacher --data nowhere | --data . | --data file | --data folder | --data teacher
teacher --data /dev/null | --out file | --out file/below | --out full | --out /proc/no
teacher --mirror --data folder | --like none | --task none | --drop-points 2
teacher --drop-points .5 | --drop-points nan | --jitter-of image
sds --teacher nowhere | --teacher . | --teacher file | --teacher file/below | --data no
sds --like none
sds --out file | --out file/below | --out full | --t-range .9 1.7 | --t-range .9 .1
sds --t-range nan 1 | --t-range -1 1 | --t-init 1000 | --t-init -5 | --threads 100000
sds --seed -1 | --batch-size 1000000000 | --teacher student
sdm --betas .9 1 | --betas -1 .9 | --betas nan .9 | --t-range 0 2 | --t-init 101
onedp --u-init 2 | --u-init -1 | --t-range .9 .1
oneflow --start-share 0 | --start-share 1.5 | --chord -1
meanflow --start-share .7 --first-share .7 | --first-share -1
vdd --t-range .9 1.7 | --from-data 2 | --from-data -1 | --std 0 | --min-std -1
imc --eta 0 | --eta -2
dnk --pairs nowhere | --pairs file | --tau 0 | --tau nan | --tau -1 | --tau 1 2
dnk --tau-probabilities 0 | --tau-probabilities -1 | --tau-probabilities nan
dnk --width 1000000 | --rec -1 | --temperature 0
cd --rungs 0 | --r-max 0 | --r-max 1e-9 | --target-decay 2
cd --nfe 1000
ct --s-0 0 | --s-0 50 --s-1 20 | --p-std -1 | --s-1 100000
ctm --stop-width 0 | --dsm-weight -1 | --sigma-data 0
pairs --count 0 | --count -1 | --count 1000000000 | --shard-size 0 | --threads 100000
pairs --shard-size 1000000000 | --teacher-steps 0 | --teacher-steps 1000 | --tau 0
pairs --tau nan | --tau 1 2 | --tau-probabilities -1 | --seed -1 | --teacher nowhere
pairs --seed 18446744073709551616 | --data nowhere | --out file | --out file/below
"""
OTHERS = {
    collect: """
--workers 0 | --workers 1000000000 | --episodes 0 | --episodes 1000000000 | --seed -1
--seed 18446744073709551616 | --temperature -1 | --temperature nan | --temperature inf
--max-steps 0 | --max-steps 1000000 | --out file/below | --out folder | --out file
--task avoiding --temperature 1
""",
    evaluate: """
--episodes 0 | --episodes 1 | --episodes 1000000000 | --seed -1 | --latency-rounds 0
--seed 18446744073709551616 | --latency-rounds 1000000000 | --out file | --starts none
--out file/below --rollouts-only | --device abacus | --task none | --task avoiding
--device meta | --workers 0 | --workers 100000
--teacher nowhere | --teacher file | --teacher student | --students nowhere
--students file | --students teacher | --students student --teacher other
""",
    compare: """
--seeds 0 | --seeds 1000000000 | --workers 0 | --workers 1000000000 | --scale 0
--scale -1 | --scale nan | --scale inf | --episodes 1 | --episodes 1000000000
--latency-rounds 0 | --latency-rounds 1000000000 | --methods none | --studies none
--gpus -1 | --gpus nan
--out file | --out file/below | --human nowhere --studies human
""",
    demo: """
--seed -1 | --seed 18446744073709551616 | --demonstrations 0 | --teacher-steps 0
--demonstrations 1000000000 | --student-steps 0 | --student-steps -1 | --episodes 1
--episodes 1000000000 | --out file | --out file/below | --human nowhere --out new
""",
}


def cases(text: str) -> list[list[str]]:
    """Every case of a text as words; a name at the start of a line is for all of it."""
    found = []
    for line in filter(None, text.splitlines()):
        name, *_ = line.split()
        head = [] if name.startswith("--") else [name]
        rest = line.removeprefix(head[0]) if head else line
        found += [[*head, *case.split()] for case in rest.split("|")]
    return found


def numbers() -> list[list[str]]:
    """Every number of every recipe, at values that are none."""
    bad = {float: ("nan", "inf", "-inf"), int: ("0", "-1")}
    found = []
    for method, (_, recipe, _) in METHODS.items():
        for field in dataclasses.fields(recipe):
            kind = get_type_hints(recipe)[field.name]
            option = f"--{field.name.replace('_', '-')}"
            found += [[method, option, value] for value in bad.get(kind, ())]
    return found


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with demonstrations, teachers, a student and what is none of these."""
    folder = tmp_path_factory.mktemp("here")
    demonstrations = Demonstrations.load(onehop_zoo.path("pusht-planner"))
    demonstrations.select(range(20)).save(folder / "data.safetensors")
    teacher = load_teacher(onehop_zoo.path("pusht-teacher"))
    save_teacher(folder / "teacher", teacher, {})
    words = ["--data", str(folder / "data.safetensors"), "--batch-size", "2"]
    words += ["--teacher", str(folder / "teacher"), "--steps", "1"]
    train.main(["sds", *words, "--out", str(folder / "run")])
    (folder / "run" / "checkpoint").rename(folder / "student")
    next(iter(teacher.parameters())).data.zero_()
    save_teacher(folder / "other", teacher, {})
    (folder / "file").write_text("mine")
    (folder / "folder").mkdir()
    (folder / "full").mkdir()
    (folder / "full" / "mine").write_text("mine")
    return folder


def refused(main, words: list[str], here: Path, capfd, monkeypatch) -> None:
    monkeypatch.chdir(here)
    before = sorted(here.rglob("*"))
    with pytest.raises(SystemExit) as stop:
        main(words)
    error = capfd.readouterr().err
    assert stop.value.code == 2, error
    assert error.startswith("onehop-"), error
    assert error.count("\n") == 1, error
    assert sorted(here.rglob("*")) == before
    assert (here / "file").read_text() == "mine"


@pytest.mark.parametrize("words", [*cases(TRAIN), *numbers()], ids=" ".join)
def test_train(words, here, capfd, monkeypatch):
    method, *options = words
    needed = ["--data", "data.safetensors", "--out", "new"]
    if method != "teacher":
        needed += ["--teacher", "teacher"]
    if method != "pairs":
        needed += ["--steps", "1", "--batch-size", "2"]  # should it not be refused
    refused(train.main, [method, *needed, *options], here, capfd, monkeypatch)


NEEDED = {
    collect: ["--out", "new.safetensors"],
    evaluate: ["--teacher", "teacher", "--out", "new"],
    compare: ["--out", "new"],
    demo: [],
}


@pytest.mark.parametrize(
    ("app", "words"),
    [(app, words) for app, text in OTHERS.items() for words in cases(text)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_others(app, words, here, capfd, monkeypatch):
    refused(app.main, [*NEEDED[app], *words], here, capfd, monkeypatch)
