import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import onehop_collect.__main__
from onehop_collect import Collection
from onehop_collect.__main__ import main
from onehop_collect._parts import Chosen
from onehop_envs import (
    Demonstrations,
    avoiding_mode,
    demonstrate_avoiding,
    with_pictures,
)
from onehop_interfaces import BadInput
from onehop_tasks import TASKS, Manner

QUICK = ["--max-steps", "12", "--keep-unsolved", "--workers", "1"]


def options(out: Path, *more: str) -> list[str]:
    return ["--out", str(out), "--temperature", "1", *more]


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Path:
    """Two whole episodes by one worker, from beginning to end."""
    out = tmp_path_factory.mktemp("two") / "two.safetensors"
    main(options(out, "--episodes", "2", "--workers", "1"))
    return out


def test_file_holds_solved_episodes_from_training_starts(two: Path) -> None:
    demos = Demonstrations.load(two)
    assert len(demos) == 2
    assert demos.meta["start_seeds"] == [1_000_000, 1_000_001]
    env = gym.make("onehop/PushTState-v0")
    keypoints = gym.make("onehop/PushTKeypoints-v0")
    for e, seed in enumerate(demos.meta["start_seeds"]):
        episode = demos.select([e])
        seen, _ = env.reset(seed=seed)
        points, _ = keypoints.reset(seed=seed)
        for i, action in enumerate(episode.actions):
            np.testing.assert_allclose(episode.obs["state"][i], seen, atol=1e-4)
            np.testing.assert_allclose(episode.obs["keypoints"][i], points, atol=1e-4)
            seen, _, success, _, _ = env.step(action)
            points, *_ = keypoints.step(action)
            if success:
                break
        assert success


def test_finished_collection_is_left_alone(two: Path, capsys) -> None:
    before = two.read_bytes()
    main(options(two, "--episodes", "2"))
    assert "complete already" in capsys.readouterr().out
    with pytest.raises(SystemExit) as error:
        main(options(two, "--episodes", "3"))
    assert error.value.code == 2
    assert "expected a new file or one of this collection" in capsys.readouterr().err
    assert two.read_bytes() == before


def test_killed_collection_goes_on_to_the_same_bytes(two: Path, tmp_path) -> None:
    out = tmp_path / "again.safetensors"
    words = options(out, "--episodes", "2", "--workers", "2")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        [sys.executable, "-m", "onehop_collect", *words],
        env=environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    parts = tmp_path / "again.safetensors.parts"
    deadline = time.monotonic() + 60
    while not list(parts.glob("0*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    wait_for_the_end_of_group(process.pid)
    kept = {path: path.stat().st_mtime_ns for path in parts.glob("0*")}
    if not out.exists():
        assert kept
        main(words)
    assert out.read_bytes() == two.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def wait_for_the_end_of_group(group: int) -> None:
    """The workers must follow the parent that was killed."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    pytest.fail("workers outlived their parent by a minute")


def test_commands_name_what_they_make() -> None:
    # The first is how the file of the zoo was made: it must stay the same command.
    planner = Collection(TASKS["pusht"].demonstrator(Manner(1.0)), 800, 0, 300, False)
    assert planner.command == (
        "onehop-collect --episodes 800 --seed 0 --temperature 1.0 --max-steps 300 "
        "--no-keep-unsolved"
    )
    assert list(planner.provenance()["versions"]) == [
        *("python", "onehop_envs", "onehop_collect", "numpy", "pymunk")
    ]
    around = Collection(TASKS["avoiding"].demonstrator(Manner()), 480, 3, 250, False)
    assert around.command == (
        "onehop-collect --episodes 480 --seed 3 --task avoiding --max-steps 250 "
        "--no-keep-unsolved"
    )


def avoid(out: Path, *more: str) -> Path:
    main(["--task", "avoiding", "--out", str(out), "--episodes", "50", *more])
    return out


@pytest.fixture(scope="module")
def fifty(tmp_path_factory) -> Path:
    """Fifty episodes of Avoiding by one worker, from beginning to end."""
    return avoid(tmp_path_factory.mktemp("fifty") / "demos", "--workers", "1")


def test_avoiding_goes_every_way_in_turn(fifty: Path) -> None:
    demos = Demonstrations.load(fifty)
    assert demos.meta["start_seeds"] == list(range(1_000_000, 1_000_050))
    assert demos.meta["environment"] == "onehop/Avoiding"
    env = gym.make("onehop/Avoiding-v0")
    for i in range(50):
        episode = demos.select([i])
        expected = demonstrate_avoiding(i % 24, 1_000_000 + i)
        assert episode.sha256 == expected.sha256
        state, _ = env.reset()
        path = [state[2:]]
        for seen, action in zip(episode.obs["state"], episode.actions, strict=True):
            np.testing.assert_array_equal(seen, state.astype(np.float32))
            state, _, success, _, _ = env.step(action)
            path.append(state[2:])
        assert success
        assert avoiding_mode(path) == i % 24


def test_avoiding_is_the_same_by_two_workers(fifty: Path, tmp_path) -> None:
    out = avoid(tmp_path / "demos", "--workers", "2")
    assert out.read_bytes() == fifty.read_bytes()


def test_interrupted_avoiding_goes_on_to_the_same_bytes(
    fifty: Path, tmp_path, monkeypatch, capsys
) -> None:
    out = tmp_path / "demos"

    def interrupted(chosen: Chosen, path: Path) -> None:
        raise KeyboardInterrupt

    # All episodes are there, the file is not.
    with monkeypatch.context() as patched:
        patched.setattr(onehop_collect.__main__, "write_episodes", interrupted)
        with pytest.raises(SystemExit, match="the same command goes on from here"):
            avoid(out, "--workers", "1")
    parts = sorted((tmp_path / "demos.parts").glob("0*"))
    assert len(parts) == 50
    for path in parts[20:]:
        path.unlink()
    parts[7].unlink()
    avoid(out, "--workers", "2")
    assert out.read_bytes() == fifty.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    avoid(out)
    assert "complete already" in capsys.readouterr().out


def test_recorded_states_are_drawn(two: Path, tmp_path) -> None:
    out = tmp_path / "pictures"
    words = ["--task", "pusht-pixels", "--states", str(two), "--out", str(out)]
    main([*words, "--episodes", "2", "--workers", "2"])
    states, drawn = Demonstrations.load(two), Demonstrations.load(out)
    expected = with_pictures(states)
    for name in ("image", "agent_pos"):
        np.testing.assert_array_equal(drawn.obs[name], expected.obs[name])
    np.testing.assert_array_equal(drawn.actions, states.actions)


def test_no_more_episodes_are_drawn_than_there_are(two: Path, tmp_path, capsys) -> None:
    words = ["--task", "pusht-pixels", "--states", str(two)]
    with pytest.raises(SystemExit):
        main([*words, "--out", str(tmp_path / "three"), "--episodes", "3"])
    assert "expected at most 2" in capsys.readouterr().err


def test_tasks_are_not_mixed_up(fifty: Path, capsys) -> None:
    with pytest.raises(SystemExit) as error:
        main(["--out", str(fifty), "--episodes", "50"])
    assert error.value.code == 2
    assert "expected a new file or one of this collection" in capsys.readouterr().err


def test_unsolved_episodes_are_replaced_and_named() -> None:
    collection = Collection(
        TASKS["pusht"].demonstrator(Manner()),
        episodes=3,
        seed=1,
        max_steps=300,
        keep_unsolved=False,
    )
    assert collection.wanted({}) == [0, 1, 2]
    solved = {0: True, 1: False, 2: True, 4: True}
    assert collection.wanted(solved) == [0, 2, 3]
    solved[3] = False
    assert collection.wanted(solved) == [0, 2, 4]
    assert collection.meta(solved)["start_seeds"] == [2000000, 2000002, 2000004]
    assert collection.meta(solved)["unsolved_start_seeds"] == [2000001, 2000003]
    every = dataclasses.replace(collection, keep_unsolved=True)
    assert every.wanted(solved) == [0, 1, 2]
    with pytest.raises(BadInput, match="expected 3 solved episodes from 40 starts"):
        collection.wanted(dict.fromkeys(range(40), False))


def test_unsolved_episodes_can_be_kept(tmp_path) -> None:
    out = tmp_path / "kept"
    main(["--out", str(out), "--episodes", "2", *QUICK])
    demos = Demonstrations.load(out)
    assert demos.episode_lengths.tolist() == [12, 12]
    assert demos.meta["settings"]["keep_unsolved"] is True


def test_episodes_of_another_collection_are_not_mixed_in(tmp_path, capsys) -> None:
    out = tmp_path / "demos"
    parts = tmp_path / "demos.parts"
    parts.mkdir()
    (parts / "collection.json").write_text(json.dumps({"command": "another"}))
    with pytest.raises(SystemExit) as error:
        main(["--out", str(out), "--episodes", "1", *QUICK])
    assert error.value.code == 2
    assert "of other settings or versions" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--episodes", "0"], "--episodes: expected 1 to 100000, got 0"),
        (["--seed", "-1"], "--seed: expected 0 to 1000, got -1"),
        (["--temperature", "nan"], "--temperature: expected a finite number, got nan"),
        (["--max-steps", "0"], "--max-steps: expected 1 to 10000, got 0"),
        (["--workers", "0"], "--workers: expected 1 to 1024, got 0"),
        (
            ["--task", "avoiding", "--temperature", "1"],
            "--temperature: expected none for --task avoiding, got 1.0",
        ),
    ],
)
def test_bad_options_are_refused_in_one_line(tmp_path, capsys, words, text) -> None:
    with pytest.raises(SystemExit) as error:
        main(["--out", str(tmp_path / "demos"), *words])
    assert error.value.code == 2
    assert capsys.readouterr().err.strip() == f"onehop-collect: {text}"
    assert not list(tmp_path.iterdir())
