"""What a task says, against the environment it is about."""

import dataclasses
from importlib.util import find_spec

import gymnasium
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from onehop_envs import demonstrate_avoiding, paper_start
from onehop_interfaces import BadInput, Signature
from onehop_tasks import STUDIES, TASKS, Group, families
from onehop_tasks.__main__ import main

PUSHT, AVOIDING = TASKS["pusht"], TASKS["avoiding"]
PUSHT_PIXELS = TASKS["pusht-pixels"]
ELSEWHERE = {
    study.task.name: [
        pytest.mark.skipif(find_spec(study.needs) is None, reason=f"no {study.needs}")
    ]
    for study in STUDIES.values()
    if study.needs
}
ONE_OF_EACH = [
    pytest.param(task, marks=ELSEWHERE.get(name, ()), id=name)
    for name, task in TASKS.items()
    if not name.startswith("metaworld-") or name == "metaworld-drawer-open"
]
EVERY = pytest.mark.parametrize("task", ONE_OF_EACH)


def episode(env, task, seed: int) -> list:
    """What is seen over forty steps of actions drawn by the seed."""
    draw = np.random.default_rng(seed)
    ranges = {"pusht": (100, 400), "avoiding": (-0.02, 0.02)}
    low, high = ranges.get(task.name, (-1, 1))
    frame, _ = env.reset(seed=seed)
    seen = [frame[task.scene.obs[0]]]
    for _ in range(40):
        action = draw.uniform(low, high, env.action_space.shape)
        frame, _, terminated, *_ = env.step(action)
        seen.append(frame[task.scene.obs[0]])
        if terminated:
            break
    return seen


@EVERY
def test_an_environment_used_before_is_as_good_as_new(task):
    used = task.scene.make()
    episode(used, task, 1)
    assert_array_equal(
        episode(used, task, 2), episode(task.scene.make(), task, 2), strict=True
    )


@EVERY
def test_frames_are_what_policies_are_taught(task):
    env, teacher = task.scene.make(), task.teacher()
    frame, _ = env.reset(seed=0)
    task.check("teacher", teacher.signature)
    shapes = {name: array.shape for name, array in frame.items()}
    assert shapes == teacher.signature.obs
    pictures = {"image", "wrist"}
    kinds = {name: np.uint8 if name in pictures else np.float32 for name in frame}
    assert {name: array.dtype for name, array in frame.items()} == kinds


@pytest.mark.parametrize(
    "task", [PUSHT, PUSHT_PIXELS, AVOIDING], ids=lambda task: task.name
)
def test_a_planar_task_can_be_drawn(task):
    env = task.scene.make()
    frame, _ = env.reset(seed=0)
    agent = task.picture.agent(frame)
    left, right, bottom, top = task.picture.extent
    assert left <= agent[0] <= right
    assert min(bottom, top) <= agent[1] <= max(bottom, top)
    assert env.render().shape[-1] == 3


@EVERY
def test_sets_of_starts_do_not_overlap_and_stay_below_demonstrations(task):
    ranges = [range(s.first, s.first + s.most) for s in task.starts.values()]
    seeds = [seed for r in ranges for seed in r]
    assert len(seeds) == len(set(seeds))
    assert max(seeds) < 1_000_000


def test_success_lies_where_the_goal_of_what_is_measured_is():
    env = PUSHT.scene.make()
    env.reset(seed=0, options={"state": [50.0, 50.0, 256.0, 256.0, np.pi / 4]})
    _, reward, terminated, _, info = env.step(np.float32([50, 50]))
    assert terminated == info["is_success"]
    assert info["is_success"] == (PUSHT.measure.of(reward, info) > PUSHT.measure.goal)


def test_outcomes_of_push_t_are_the_papers():
    coverage = np.array([0.0, 0.3, 0.19])
    assert PUSHT.measure.outcome.of(coverage) == 0.3
    mean, score = PUSHT.measure.others
    assert mean.of(coverage) == pytest.approx(0.49 / 3)
    assert score.of(coverage) == pytest.approx(0.3 / 0.95)
    assert score.of(np.array([0.99])) == 1.0


def test_score_is_the_greatest_reward():
    env, draw = gymnasium.make("onehop/PushTKeypoints-v0"), np.random.default_rng(0)
    env.reset(seed=3)
    steps = [env.step(draw.uniform(100, 400, 2)) for _ in range(60)]
    coverage = np.array([info["coverage"] for *_, info in steps])
    score = PUSHT.measure.others[1]
    assert score.of(coverage) == pytest.approx(max(step[1] for step in steps))


@pytest.mark.parametrize("way", [0, 7, 23])
def test_the_way_past_the_cylinders_is_told_at_the_end_alone(way):
    env = AVOIDING.scene.make()
    env.reset(seed=0)
    *before, last = [
        env.step(action) for action in demonstrate_avoiding(way, 5).actions
    ]
    assert last[4]["is_success"]
    assert last[4]["mode"] == way
    assert not any("mode" in info for *_, info in before)


def test_papers_starts_are_the_papers():
    env = PUSHT.scene.make()
    for start in PUSHT.starts["paper"].take(3):
        frame, _ = env.reset(seed=start.seed, options=start.options)
        # The block is put down and one physics step of 0.01 s follows.
        np.testing.assert_allclose(
            PUSHT.picture.agent(frame), paper_start(start.seed)[:2], atol=0.5
        )


def test_a_policy_for_other_observations_is_refused():
    signature = Signature({"state": (5,)}, 2, 16, 8, 2)
    with pytest.raises(BadInput, match=r"mine: .*\['keypoints'\].* wants \['state'\]"):
        PUSHT.check("mine", signature)


def test_every_task_and_study_is_listed(capsys):
    main([])
    words = capsys.readouterr().out.split()
    of_families = {s.task.name for studies in families().values() for s in studies}
    short = {name.split("-", 1)[1] for name in of_families}
    assert short | (TASKS.keys() - of_families) | {*families()} <= set(words)
    assert {n for n, study in STUDIES.items() if study.group is None} <= set(words)


def test_a_family_is_one_line_with_how_many(capsys, monkeypatch):
    for name, part in {"fake-a": "easy", "fake-b": "hard", "fake-c": "easy"}.items():
        like, group = STUDIES["avoiding"], Group("fake", part)
        study = dataclasses.replace(like, name=name, group=group)
        monkeypatch.setitem(STUDIES, name, study)
    assert [study.name for study in families()["fake"]] == [
        "fake-a",
        "fake-b",
        "fake-c",
    ]
    main([])
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "family fake 3 studies: 2 easy, 1 hard" in lines
    assert not any(f"fake-{end}" in line for line in lines for end in "abc")


def test_no_name_is_of_a_study_and_of_a_family():
    assert not {*families()} & {*STUDIES}
    assert all(name == study.name for name, study in STUDIES.items())
