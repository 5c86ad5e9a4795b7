"""--like a study: its updates and settings, unless others are given."""

import pytest

from onehop_interfaces import BadInput
from onehop_tasks import STUDIES
from onehop_train.__main__ import as_in_a_study


@pytest.mark.parametrize("method", ["teacher", "critic", "dnk"])
def test_words_of_the_study_stand_before_those_given(method: str) -> None:
    study = STUDIES["halfcheetah"]
    budgets = {"teacher": study.teach, "critic": study.critic}
    budget = budgets.get(method) or study.budgets[method]
    given = ["--like", "halfcheetah", "--steps", "7"]
    found = as_in_a_study([method, *given])
    assert found == [method, "--steps", str(budget.steps), *budget.more, *given]
    assert as_in_a_study([method, "--steps", "7"]) == [method, "--steps", "7"]


def test_a_study_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInput, match="--like: expected one of"):
        as_in_a_study(["sds", "--like", "chess"])
