import pytest

from onehop_interfaces import BadInput
from onehop_tasks import TASKS, Start, Starts


def test_first_seeds_of_the_set():
    starts = Starts("few", 7, 2, 3, lambda seed: {"k": seed})
    assert starts.take(None) == (Start(7, {"k": 7}), Start(8, {"k": 8}))
    assert [start.seed for start in starts.take(3)] == [7, 8, 9]


@pytest.mark.parametrize("episodes", [-1, 0, 1, 4])
def test_too_few_or_too_many_are_refused(episodes):
    with pytest.raises(BadInput, match=r"--episodes: expected 2 to 3 .*'few', got"):
        Starts("few", 7, 2, 3).take(episodes)


def test_sets_do_not_overlap_and_stay_below_the_seeds_of_demonstrations():
    ranges = [range(s.first, s.first + s.most) for s in TASKS["pusht"].starts.values()]
    seeds = [seed for r in ranges for seed in r]
    assert len(seeds) == len(set(seeds))
    assert max(seeds) < 1_000_000


def test_papers_starts_are_fifty_from_100000():
    paper = TASKS["pusht"].starts["paper"].take(None)
    assert [start.seed for start in paper] == list(range(100_000, 100_050))
