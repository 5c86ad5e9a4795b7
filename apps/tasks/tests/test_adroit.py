"""Adroit: what is seen of it, what counts as success, and who shows how."""

from itertools import chain, repeat
from pathlib import Path

import h5py
import numpy as np
import pytest

from onehop_interfaces import BadInput
from onehop_tasks import TASKS, Manner

EXPERTS = Path(__file__).parents[4] / "shared" / "data" / "adroit_experts.npz"
there = pytest.mark.skipif(not EXPERTS.exists(), reason=f"needs {EXPERTS.name}")

DOOR, PEN = TASKS["adroit-door"], TASKS["adroit-pen"]
ACTIONS = {"adroit-door": 28, "adroit-hammer": 26, "adroit-pen": 24}
EVERY = pytest.mark.parametrize("name", ACTIONS)


@EVERY
def test_seen_are_a_cloud_and_the_joints_of_the_hand(name: str) -> None:
    env = TASKS[name].scene.make()
    frame, _ = env.reset(seed=0)
    assert env.action_space.shape == (ACTIONS[name],)
    assert env.observation_space.contains(dict(frame))
    model, data = env.unwrapped.model, env.unwrapped.data
    data.qpos[:] = np.arange(model.nq)
    driven = [model.joint(int(joint)) for joint in model.actuator_trnid[:, 0]]
    hand = [int(joint.qposadr[0]) for joint in driven if joint.name[:2] != "AR"]
    assert env.see()["agent_pos"].tolist() == hand
    assert len(hand) == 24


def turned(quaternion: np.ndarray) -> np.ndarray:
    """By a right angle about x."""
    w, x, y, z = quaternion
    return np.array([w - x, w + x, y - z, y + z]) / np.sqrt(2)


@pytest.mark.parametrize(
    ("name", "part", "change"),
    [
        ("adroit-door", "door_body_pos", lambda at: at + 0.05 * np.eye(3)[1]),
        ("adroit-door", "qpos", lambda q: np.append(q[:-2], [0.4, q[-1]])),
        ("adroit-door", "qpos", lambda q: np.append(q[0] + 0.1, q[1:])),
        ("adroit-hammer", "board_pos", lambda at: at + 0.05 * np.eye(3)[2]),
        ("adroit-hammer", "qpos", lambda q: q + 0.05 * (np.arange(len(q)) == 26)),
        ("adroit-hammer", "qpos", lambda q: q + 0.1 * (np.arange(len(q)) == 29)),
        ("adroit-pen", "desired_orien", turned),
        ("adroit-pen", "qpos", lambda q: q + 0.5 * (np.arange(len(q)) == 28)),
    ],
    ids=["frame", "leaf", "arm", "board", "nail", "hammer", "target", "pen"],
)
def test_what_a_policy_must_know_is_seen(name: str, part: str, change) -> None:
    """Where something else is, points are where none were."""
    env = TASKS[name].scene.make()
    before, _ = env.reset(seed=0)
    state = env.unwrapped.get_env_state()
    state.pop("target_pos", None)
    env.place({**state, part: change(state[part])})
    cloud = env.see()["point_cloud"]
    apart = np.linalg.norm(cloud[:, None] - before["point_cloud"], axis=2).min(1)
    assert np.sort(apart)[-10] > 0.02
    env.place(state)
    np.testing.assert_array_equal(env.see()["point_cloud"], before["point_cloud"])


@pytest.mark.parametrize(
    ("told", "successes"),
    [((1, 1, 1), (0, 0, 1)), ((1, 1, 0), (0, 0, 0)), ((0, 0, 1), (0, 0, 1))],
)
def test_a_success_is_one_after_the_last_step(told, successes) -> None:
    env = DOOR.scene.make()
    env.env._max_episode_steps = len(told)
    env.reset(seed=0)
    world, says = env.unwrapped, chain(told, repeat(0))
    step = world.step
    world.step = lambda a: (*step(a)[:4], {"success": bool(next(says))})
    *_, over, infos = zip(*(env.step(np.zeros(28)) for _ in told), strict=True)
    assert over == (False, False, True)
    assert tuple(info["is_success"] for info in infos) == successes
    values = np.array([DOOR.measure.of(0.0, info) for info in infos])
    assert DOOR.measure.outcome.of(values) == told[-1]
    assert DOOR.measure.others[0].of(values) == max(told)


@there
@pytest.mark.parametrize(
    ("name", "steps"), [("adroit-door", 65), ("adroit-hammer", 48), ("adroit-pen", 60)]
)
def test_the_experts_can(name: str, steps: int) -> None:
    """What is seen is what doing as they did shows, and not a step too late."""
    seen = (
        TASKS[name].demonstrator(Manner(policies=EXPERTS)).episode(0, 1_000_000, steps)
    )
    assert seen.meta["solved"]
    assert len(seen.actions) == steps
    env = TASKS[name].scene.make()
    frame, _ = env.reset(seed=1_000_000)
    for i, action in enumerate(seen.actions):
        if i in (0, steps - 1):
            for key, rows in seen.obs.items():
                np.testing.assert_array_equal(rows[i], frame[key], strict=True)
        frame, *_, info = env.step(action)
    assert info["at_goal"]


@there
def test_recorded_states_are_seen_as_they_were(tmp_path) -> None:
    shown = PEN.demonstrator(Manner(policies=EXPERTS)).episode(0, 1_000_000, 60)
    env, states = PEN.scene.make(), []
    env.reset(seed=1_000_000)
    for action in shown.actions:
        states.append(env.unwrapped.get_env_state())
        env.step(action)
    (tmp_path / "data").mkdir()
    with h5py.File(tmp_path / "data" / "main_data.hdf5", "w") as file:
        group = file.create_group("episode_0")
        group["observations"] = np.zeros((61, 45))
        group["actions"], group["rewards"] = shown.actions, np.zeros(60)
        group["terminations"] = group["truncations"] = np.arange(60) == 59
        for part in states[0]:
            group[f"state/{part}"] = np.array([state[part] for state in states])
    again = PEN.demonstrator(Manner(states=tmp_path)).episode(0, 5, 200)
    assert again.meta["solved"]
    assert again.sha256 == shown.sha256
    cut = PEN.demonstrator(Manner(states=tmp_path)).episode(0, 5, 3)
    assert not cut.meta["solved"]
    assert len(cut.actions) == 3
    with pytest.raises(BadInput, match="--episodes: expected at most 1"):
        PEN.demonstrator(Manner(states=tmp_path)).episode(1, 5, 200)


@pytest.mark.parametrize(
    ("manner", "text"),
    [
        (Manner(), "--policies: expected a file of experts for --task adroit-pen"),
        (Manner(1.0), "--temperature: expected none for --task adroit-pen, got 1.0"),
        (Manner(policies=Path("none.npz")), "none.npz: expected a file, found none"),
        (Manner(states=Path("none")), "main_data.hdf5: expected a file, found none"),
        (
            Manner(policies=Path("a.npz"), states=Path("b")),
            "--policies: expected none for --task adroit-pen, got a.npz",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(manner: Manner, text: str) -> None:
    with pytest.raises(BadInput, match=text):
        PEN.demonstrator(manner)


def test_without_gymnasium_robotics_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr("onehop_tasks._installed.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install 'onehop-tasks\[adroit\]'"):
        DOOR.scene.make()
    with pytest.raises(BadInput, match=r"pip install 'onehop-tasks\[adroit\]'"):
        DOOR.demonstrator(Manner(policies=EXPERTS))
