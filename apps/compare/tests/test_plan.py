"""The cells of a study, word for word, without carrying them out."""

import dataclasses
from pathlib import Path

import pytest

from onehop_compare._plan import Plan
from onehop_compare._tables import Table
from onehop_compare.config import Compare
from onehop_interfaces import BadInput
from onehop_tasks import STUDIES, Budget, Choice

OUT = Path("out")


def plan(**changes) -> Plan:
    """Two methods from two seeds, at a hundredth of the updates."""
    study = dataclasses.replace(
        STUDIES["pusht"],
        data=lambda human: Path("demos"),
        teach=Budget(800, ("--jitter", "3")),
        budgets={"sds": Budget(500, ("--lr", "1e-3")), "sdm": Budget(10)},
    )
    how = {"study": study, "out": OUT, "human": Path("human"), "scale": 0.01}
    how |= {"methods": ("sds", "sdm"), "seeds": 2, "starts": {"test": 4}}
    return Plan(**{**how, "precision": "no", **changes})


def option(words, name: str) -> str:
    return words[words.index(f"--{name}") + 1]


def test_each_cell_stands_behind_what_it_needs():
    cells = plan().cells()
    names = [cell.name for cell in cells]
    assert len(set(names)) == len(names) == 2 + 2 * 2 * 2
    for i, cell in enumerate(cells):
        assert set(cell.needs) <= set(names[:i])
    needs = {cell.name: set(cell.needs) for cell in cells}
    assert needs["pusht/sdm-1"] == {"pusht/teacher"}
    rolled_out = {"pusht/sdm-1", "pusht/teacher", "pusht/roll-out-teacher-test"}
    assert needs["pusht/roll-out-sdm-1-test"] == rolled_out


def test_students_are_trained_as_their_budgets_say():
    words = {cell.name.split("/")[1]: cell.words for cell in plan().cells()}
    for method, seed, steps in [("sds", 0, 5), ("sds", 1, 5), ("sdm", 1, 1)]:
        found = words[f"{method}-{seed}"]
        assert found[:2] == ("onehop_train", method)
        came = [option(found, name) for name in ("seed", "steps", "data", "precision")]
        assert came == [str(seed), str(steps), "demos", "no"]
        assert option(found, "teacher") == str(OUT / "teacher" / "checkpoint")
        assert option(found, "out") == str(OUT / f"{method}-{seed}")
    assert words["sds-0"][-2:] == ("--lr", "1e-3")
    assert option(words["teacher"], "steps") == "8"
    assert words["teacher"][-2:] == ("--jitter", "3")


def test_deciding_more_often_rolls_out_anew_and_trains_nothing_anew():
    often, as_made = plan(n_action=4), plan()
    trained = [
        {cell.name for cell in p.cells() if cell.words[0] == "onehop_train"}
        for p in (often, as_made)
    ]
    assert trained[0] == trained[1]
    assert often.judged(Table("test")) == "test-every-4"
    (cell,) = (c for c in often.cells() if "roll-out-sds-1" in c.name)
    assert cell.name == "pusht/roll-out-sds-1-test-every-4"
    assert option(cell.words, "n-action") == "4"
    assert cell.name not in {c.name for c in as_made.cells()}


def test_a_critic_is_taught_once_and_asked_in_tables_of_their_own():
    study = dataclasses.replace(plan().study, critic=Budget(70, ("--tau", "0.8")))
    choices = (
        Choice(),
        Choice(16),
        Choice(4, temperature=0.5, ahead=True, methods=("sdm",)),
    )
    choosing = plan(study=study, choices=choices)
    cells = {cell.name: cell for cell in choosing.cells()}
    critic = cells["pusht/critic"]
    assert critic.words[:2] == ("onehop_train", "critic")
    assert option(critic.words, "steps") == "1"
    assert critic.words[-2:] == ("--tau", "0.8")
    alone, chosen = (
        cells[f"pusht/roll-out-sds-1-test{t}"] for t in ("", "-best-of-16")
    )
    assert "--critic" not in alone.words
    assert option(chosen.words, "candidates") == "16"
    assert option(chosen.words, "critic") == str(critic.begun.parent)
    assert set(chosen.needs) == {
        *("pusht/sds-1", "pusht/teacher", "pusht/critic"),
        "pusht/roll-out-teacher-test-best-of-16",
    }
    assert choosing.tables == [Table("test", choice) for choice in choices]
    cooled = "pusht/roll-out-sdm-0-test-best-of-4-ahead-at-0.5"
    assert option(cells[cooled].words, "temperature") == "0.5"
    assert "--ahead" in cells[cooled].words
    assert "--ahead" not in chosen.words
    assert cooled.replace("sdm", "sds") not in cells
    assert choosing.there((), choosing.tables[2]) == {"sdm": [0, 1]}
    assert "pusht/critic" not in {c.name for c in plan(study=study).cells()}


def test_a_return_classifier_chooses_guides_and_weighs_pairs():
    budgets = {"sds": Budget(500), "sdm": Budget(10, pairs=800)}
    study = dataclasses.replace(
        plan().study,
        budgets=budgets,
        returns=Budget(90, ("--gamma", "0.9")),
        pairs=("--teacher-steps", "5"),
    )
    guided = plan(study=study, choices=(Choice(8, returns=True, guidance=0.1),))
    cells = {cell.name: cell for cell in guided.cells()}
    returns = cells["pusht/returns"]
    teacher = str(OUT / "teacher" / "checkpoint")
    assert returns.words[:4] == ("onehop_train", "returns", "--teacher", teacher)
    assert returns.words[-2:] == ("--gamma", "0.9")
    rolled = cells["pusht/roll-out-sds-0-test-best-of-8-by-returns-guided-0.1"]
    assert option(rolled.words, "critic") == str(OUT / "returns")
    assert option(rolled.words, "guidance") == "0.1"
    assert "pusht/returns" in rolled.needs
    assert option(cells["pusht/pairs-8"].words, "returns") == str(OUT / "returns")
    assert cells["pusht/pairs-8"].words[-2:] == ("--teacher-steps", "5")
    assert set(cells["pusht/pairs-8"].needs) == {"pusht/teacher", "pusht/returns"}
    assert "pusht/critic" not in cells


def test_a_hopeless_method_gets_one_seed():
    budgets = {"sds": Budget(500, seeds=1), "sdm": Budget(10)}
    hopeless = plan(study=dataclasses.replace(plan().study, budgets=budgets))
    names = {cell.name for cell in hopeless.cells()}
    assert {"pusht/sds-0", "pusht/sdm-0", "pusht/sdm-1"} < names
    assert "pusht/sds-1" not in names
    assert hopeless.there((), Table("test")) == {"sds": [0], "sdm": [0, 1]}


def test_what_failed_is_not_there():
    failed = {"pusht/roll-out-sds-0-test", "pusht/roll-out-sds-1-test"}
    assert plan().there(failed, Table("test")) == {"sdm": [0, 1]}
    found = plan().there({"pusht/roll-out-sdm-1-test"}, Table("test"))
    assert found == {"sds": [0, 1], "sdm": [0]}


def test_demonstrations_that_nobody_has_are_collected():
    study = dataclasses.replace(plan().study, data=None, collect=12)
    collect, teach, *_ = plan(study=study).cells()
    assert collect.words[0] == "onehop_collect"
    assert option(collect.words, "episodes") == "12"
    assert option(collect.words, "out") == option(teach.words, "data")
    assert teach.needs == (collect.name,)


def test_a_trained_teacher_is_not_taught():
    study = dataclasses.replace(plan().study, teacher=lambda: Path("zoo"))
    cells = {cell.name.split("/")[1]: cell for cell in plan(study=study).cells()}
    assert "teacher" not in cells
    assert option(cells["sds-0"].words, "teacher") == "zoo"
    assert cells["sds-0"].needs == ()


def test_pairs_are_written_once_for_all_who_want_as_many():
    budgets = {"dnk": Budget(100, pairs=1000), "kdm": Budget(100, pairs=1000)}
    study = dataclasses.replace(plan().study, budgets=budgets)
    cells = {
        cell.name.split("/")[1]: cell
        for cell in plan(study=study, methods=("dnk", "kdm", "sds")).cells()
    }
    (name,) = (name for name in cells if name.startswith("pairs"))
    assert option(cells[name].words, "count") == "10"  # a hundredth
    for student in ("dnk-0", "dnk-1", "kdm-1"):
        assert option(cells[student].words, "pairs") == option(cells[name].words, "out")
        assert f"pusht/{name}" in cells[student].needs
    assert "--pairs" not in cells["sds-0"].words


@pytest.mark.parametrize(
    ("given", "paper", "test"), [(None, 50, 200), (100, 50, 100), (20, 20, 20)]
)
def test_people_s_starts_and_ours(given, paper, test, tmp_path):
    human = tmp_path / "human.zarr.zip"
    human.touch()
    options = Compare(studies=("human",), human=human, episodes=given)
    (found,) = options.plans()
    assert (found.study, found.starts) == (
        STUDIES["human"],
        {"paper": paper, "test": test},
    )
    cells = [cell for cell in found.cells() if cell.name.startswith("human/roll-out")]
    assert [option(cell.words, "starts") for cell in cells[:4]] == ["paper", "test"] * 2


def test_validation_starts_are_for_choosing():
    (found,) = Compare(studies=("pusht",), starts="validation").plans()
    assert found.starts == {"validation": 200}


def test_a_quick_look_is_small():
    (quick,) = Compare(studies=("halfcheetah",), quick=True).plans()
    (whole,) = Compare(studies=("halfcheetah",)).plans()
    assert tuple(quick.methods) == ("dnk", "kdm")
    assert quick.scale == pytest.approx(0.2)
    assert quick.starts == {"test": 10}
    assert quick.choices == whole.choices[-1:]
    more = {"methods": ("sds",), "scale": 0.5, "episodes": 7}
    (named,) = Compare(studies=("halfcheetah",), quick=True, **more).plans()
    assert (named.methods, named.scale, named.starts) == (("sds",), 0.1, {"test": 7})


def test_students_of_pictures_learn_from_what_their_teacher_encoded():
    cells = plan(study=STUDIES["pixels"], methods=["sds", "dnk"], seeds=1).cells()
    words = {cell.name.split("/")[1]: cell.words for cell in cells}
    needs = {cell.name.split("/")[1]: set(cell.needs) for cell in cells}
    files = ("demonstrations", "conditions")
    drawn, encoded = (str(OUT / f"{name}.safetensors") for name in files)
    assert Path(option(words["demonstrations"], "states")).stem == "pusht-planner"
    assert option(words["demonstrations"], "out") == drawn
    assert option(words["conditions"], "data") == drawn
    assert option(words["conditions"], "out") == encoded
    assert needs["conditions"] == {"pixels/demonstrations"}
    for run in ("sds-0", "dnk-0", "pairs-2000"):
        assert option(words[run], "data") == encoded
        assert "pixels/conditions" in needs[run]


def test_a_study_is_shown_by_the_policies_of_a_file_where_it_is(tmp_path):
    experts = tmp_path / "experts.npz"
    study = dataclasses.replace(STUDIES["adroit-pen"], policies=lambda: experts)
    (collect, *_) = plan(study=study, methods=["sds"], seeds=1).cells()
    assert option(collect.words, "policies") == str(experts)
    assert option(collect.words, "episodes") == "10"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(STUDIES, "adroit-pen", study)
        found = {plan.study.name for plan in Compare().plans()}
        assert "adroit-pen" not in found
        with pytest.raises(BadInput, match="--studies adroit-pen: expected the file"):
            list(Compare(studies=("adroit-pen",)).plans())
        experts.touch()
        (one,) = Compare(studies=("adroit-pen",)).plans()
        assert one.study == study


def test_every_teacher_has_demonstrations_students_and_a_folder_of_its_own():
    named = {"studies": ("metaworld-hammer",), "methods": ("sdm",), "seeds": 2}
    (alone,) = Compare(**named).plans()
    first, second = Compare(**named, teachers=2).plans()
    assert alone == first
    assert second.out == first.out.with_name("metaworld-hammer-teacher-1")
    cells = {cell.name: cell for cell in second.cells()}
    assert not {cell.name for cell in first.cells()} & set(cells)
    words = {name.split("/")[1]: cell.words for name, cell in cells.items()}
    runs = ("demonstrations", "teacher", "sdm-0", "sdm-1")
    assert [option(words[run], "seed") for run in runs] == ["1", "1", "0", "1"]
    assert option(words["teacher"], "task") == "metaworld-hammer"
    assert option(words["sdm-1"], "teacher").startswith(str(second.out))
    with pytest.raises(BadInput, match="--teachers: expected 1 for --studies avoiding"):
        list(Compare(studies=("avoiding",), teachers=2).plans())


def test_a_critic_is_not_told_a_precision():
    choices = (Choice(2),)
    study = dataclasses.replace(STUDIES["halfcheetah"], choices=choices)
    cells = plan(study=study, methods=["sds"], seeds=1, choices=choices).cells()
    words = {cell.name.split("/")[1]: cell.words for cell in cells}
    assert "--precision" not in words["critic"]
    assert option(words["teacher"], "precision") == "no"
