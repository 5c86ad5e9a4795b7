"""A study whose critic chooses among plans, by the real command; all of it is tiny."""

import dataclasses
import json

import numpy as np
import pytest

import onehop_zoo
from onehop_compare.__main__ import main
from onehop_envs import Demonstrations, Rewards
from onehop_tasks import STUDIES, Budget, Choice


@pytest.fixture
def study(tmp_path, monkeypatch) -> None:
    """Avoiding's demonstrations with rewards, and two updates of a critic of them."""
    path = onehop_zoo.path("avoiding-demonstrations")
    demos = Demonstrations.load(path).select(range(48))
    forward = demos.actions[:, 1].copy()
    rewards = Rewards(forward, np.arange(48) % 2 == 0)
    dataclasses.replace(demos, rewards=rewards).save(tmp_path / "paid.safetensors")
    avoiding = STUDIES["avoiding"]
    made = dataclasses.replace(
        avoiding,
        task=dataclasses.replace(avoiding.task, picture=None),
        data=lambda human: tmp_path / "paid.safetensors",
        budgets={"regression": Budget(2, ("--batch-size", "8"))},
        critic=Budget(2, ("--width", "8", "--batch-size", "8")),
        choices=(Choice(), Choice(3)),
    )
    monkeypatch.setitem(STUDIES, "avoiding", made)


def test_there_is_a_table_without_and_with_the_critic(study, tmp_path):
    words = ["--studies", "avoiding", "--methods", "regression", "--episodes", "2"]
    words += ["--latency-rounds", "1", "--workers", "2", "--precision", "no"]
    main(["--out", str(tmp_path / "out"), *words])
    tables = {}
    for name in ("test", "test-best-of-3"):
        folder = tmp_path / "out" / "avoiding" / name
        for figure in ("pareto.png", "plans.png"):
            assert (folder / figure).read_bytes().startswith(b"\x89PNG")
        assert not (folder / "paths.png").exists()
        found = json.loads((folder / "results.json").read_text())
        tables[name] = {row["policy"]: row for row in found["rows"]}
    teacher = ["DDPM-100", "DDIM-10", "DDIM-1"]
    assert list(tables["test"]) == [*teacher, "data", "regression"]
    assert list(tables["test-best-of-3"]) == [
        *teacher,
        "IQL actor",
        "data",
        "regression",
    ]
    alone, chosen = (table["DDIM-1"] for table in tables.values())
    assert chosen["flops"] > 3 * alone["flops"]
    below = (folder / "table.md").read_text().splitlines()[-1]
    assert "the best of 3 plans by a critic" in below


def test_a_study_without_a_critic_cannot_choose(tmp_path, capsys):
    for words, line in (
        (["--candidates", "4"], "expected 1 for --studies pusht, which has no critic"),
        (["--candidates", "0"], "--candidates: expected 1 or more, got 0"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(["--out", str(tmp_path / "out"), "--studies", "pusht", *words])
        assert stop.value.code == 2
        assert line in capsys.readouterr().err
