"""Which columns there are."""

import pytest

from onehop_compare._table import achievement
from onehop_tasks import TASKS


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_task_of_returns_is_judged_by_them(seeds):
    titles = [column.title for column in achievement(TASKS["halfcheetah"], seeds)]
    worst = ["worst seed"] if seeds > 1 else []
    assert titles == [
        *("policy", "NFE", "return", "sd of episodes", *worst),
        *("return - all steps", "return - 1 step", "success", "spread"),
    ]


@pytest.mark.parametrize("name", ["pusht", "avoiding"])
def test_others_are_judged_by_success(name):
    titles = [column.title for column in achievement(TASKS[name], 3)]
    assert titles[2:4] == ["success", "seeds"]
    assert ("entropy" in titles) == (name == "avoiding")
    assert titles[-1].endswith(" - 1 step")
