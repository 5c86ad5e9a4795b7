from pathlib import Path

import pytest

import onehop_zoo
from onehop_demo._stages import stages
from onehop_demo.config import Demo


def option(stage, name: str) -> str:
    return stage.words[stage.words.index(f"--{name}") + 1]


@pytest.mark.parametrize(
    ("demo", "names"),
    [
        (Demo(from_scratch=True), ["collect", "teacher", "sdm", "sds", "evaluate"]),
        (Demo(human=Path("human.zarr.zip")), ["teacher", "sdm", "sds", "evaluate"]),
    ],
    ids=["from scratch", "human"],
)
def test_what_one_stage_makes_the_next_one_takes(demo: Demo, names: list[str]):
    job = stages(demo)
    assert [stage.name for stage in job] == names
    *first, teach, sdm, sds, evaluate = job
    data = option(first[0], "out") if first else "human.zarr.zip"
    teacher = f"{option(teach, 'out')}/checkpoint"
    assert option(teach, "data") == data
    for distil in (sdm, sds):
        assert option(distil, "data") == data
        assert option(distil, "teacher") == option(evaluate, "teacher") == teacher
    at = evaluate.words.index("--students")
    made = tuple(f"{option(distil, 'out')}/checkpoint" for distil in (sdm, sds))
    assert evaluate.words[at + 1 : at + 3] == made


def test_the_zoo_spares_collecting_and_teaching():
    distil, sds, evaluate = stages(Demo())
    assert (distil.name, sds.name, evaluate.name) == ("sdm", "sds", "evaluate")
    assert Path(option(distil, "data")) == onehop_zoo.path("pusht-planner")
    teacher = str(onehop_zoo.path("pusht-teacher"))
    assert option(distil, "teacher") == option(evaluate, "teacher") == teacher


def test_only_people_are_judged_on_the_papers_starts():
    human = stages(Demo(human=Path("human.zarr.zip")))[-1]
    assert (option(human, "starts"), option(human, "episodes")) == ("paper", "50")
    planner = stages(Demo(from_scratch=True))[-1]
    assert (option(planner, "starts"), option(planner, "episodes")) == ("test", "200")


def test_jobs_of_different_kinds_have_different_folders():
    demos = [Demo(), Demo(from_scratch=True), Demo(human=Path("human.zarr.zip"))]
    assert len({demo.folder for demo in demos}) == 3
    assert Demo(out=Path("elsewhere")).folder == Path("elsewhere")
