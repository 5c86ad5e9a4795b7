import gym_pusht  # noqa: F401 - registers the reference
import gymnasium as gym
import numpy as np
import pytest

from onehop_envs import PushTPhysics, PushTState


def start(rng: np.random.Generator) -> PushTState:
    agent_x, agent_y = rng.uniform(50, 450, 2)
    x, y = rng.uniform(100, 400, 2)
    return agent_x, agent_y, x, y, rng.uniform(-np.pi, np.pi)


def shove(physics: PushTPhysics, rng: np.random.Generator) -> tuple[float, float]:
    """A target near the block, so that most steps push it."""
    x, y = np.array(physics.state[2:4]) + rng.normal(0, 70, 2)
    return float(np.clip(x, 0, 512)), float(np.clip(y, 0, 512))


def roam(_: PushTPhysics, rng: np.random.Generator) -> tuple[float, float]:
    x, y = rng.uniform(0, 512, 2)
    return float(x), float(y)


@pytest.mark.parametrize(
    ("choose", "least_moves"), [(roam, 50), (shove, 400)], ids=["roam", "shove"]
)
def test_equals_gym_pusht_step_by_step(choose, least_moves: int) -> None:
    reference = gym.make("gym_pusht/PushT-v0", disable_env_checker=True).unwrapped
    physics, rng, moves = PushTPhysics(), np.random.default_rng(0), 0
    for _ in range(4):
        state = start(rng)
        expected, _ = reference.reset(options={"reset_to_state": state})
        physics.set_state(state)
        np.testing.assert_allclose(physics.state, expected, rtol=0, atol=1e-9)
        for _ in range(150):
            action, block = choose(physics, rng), physics.block
            expected, _, _, _, info = reference.step(np.array(action))
            physics.step(action)
            moves += physics.block != block
            np.testing.assert_allclose(physics.state, expected, rtol=0, atol=1e-9)
            assert physics.agent_velocity == pytest.approx(info["vel_agent"], abs=1e-9)
            assert physics.coverage() == pytest.approx(info["coverage"], abs=1e-9)
    assert moves > least_moves


def test_legacy_turns_the_block_about_its_centre_of_gravity() -> None:
    legacy, exact = PushTPhysics(), PushTPhysics(legacy=False)
    for physics in (legacy, exact):
        physics.set_state((50.0, 50.0, 256.0, 300.0, np.pi / 2))
    assert exact.block == pytest.approx((256.0, 300.0, np.pi / 2), abs=1e-12)
    # The centre of gravity, 45 px below the origin, stays where it was.
    assert legacy.block == pytest.approx((301.0, 345.0, np.pi / 2), abs=1e-12)


def test_angle_of_the_state_is_within_one_turn() -> None:
    physics = PushTPhysics(legacy=False)
    physics.set_state((50.0, 50.0, 256.0, 300.0, -1.0))
    assert physics.state[4] == pytest.approx(2 * np.pi - 1.0)


def test_agent_goes_to_its_target() -> None:
    physics = PushTPhysics()
    physics.set_state((50.0, 50.0, 400.0, 400.0, 0.0))
    for _ in range(30):
        physics.step((150.0, 80.0))
    assert physics.agent == pytest.approx((150.0, 80.0), abs=1e-3)
    assert physics.agent_velocity == pytest.approx((0.0, 0.0), abs=1e-2)


def test_contacts_are_those_of_the_moment() -> None:
    physics = PushTPhysics(legacy=False)
    physics.set_state((256.0, 200.0, 256.0, 230.0, 0.0))
    assert physics.n_contacts == 0
    for _ in range(5):
        physics.step((256.0, 250.0))
    assert physics.n_contacts == 1
    assert physics.block[1] > 230.0
    for _ in range(5):
        physics.step((256.0, 100.0))
    assert physics.n_contacts == 0


def pushing(seed: int, steps: int) -> PushTPhysics:
    physics, rng = PushTPhysics(), np.random.default_rng(seed)
    physics.set_state(start(rng))
    for _ in range(steps):
        physics.step(shove(physics, rng))
    return physics


@pytest.mark.parametrize("seed", range(4))
def test_a_snapshot_has_one_future(seed: int) -> None:
    snapshot = pushing(seed, 40).snapshot()
    futures = []
    for copy in (PushTPhysics(), pushing(seed + 10, 25)):
        copy.restore(snapshot)
        rng = np.random.default_rng(seed)
        for _ in range(40):
            copy.step(shove(copy, rng))
        futures.append(copy.snapshot())
    assert futures[0] == futures[1]


@pytest.mark.parametrize("seed", range(4))
def test_restored_copy_follows_the_original(seed: int) -> None:
    original, copy, rng = pushing(seed, 40), PushTPhysics(), np.random.default_rng(seed)
    copy.restore(original.snapshot())
    np.testing.assert_allclose(copy.state, original.state, rtol=0, atol=1e-9)
    assert copy.agent_velocity == original.agent_velocity
    for _ in range(3):
        action = shove(original, rng)
        original.step(action)
        copy.step(action)
    np.testing.assert_allclose(copy.state, original.state, rtol=0, atol=0.05)


def test_coverage_follows_the_block() -> None:
    physics = PushTPhysics(legacy=False)
    physics.set_state((50.0, 50.0, 256.0, 256.0, np.pi / 4))
    assert physics.coverage() == pytest.approx(1.0, abs=1e-9)
    physics.set_state((50.0, 50.0, 450.0, 60.0, np.pi / 4))
    assert physics.coverage() == 0.0
