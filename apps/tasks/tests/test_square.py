"""Square: exact starts, what is seen, what counts as success, and who shows how."""

from importlib.util import find_spec

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from onehop_interfaces import BadInput
from onehop_tasks import TASKS, Manner
from onehop_tasks._square_arm import SquareArm
from onehop_tasks._square_env import CAMERAS, SquareEnv
from onehop_tasks._square_expert import SquareExpert
from onehop_tasks._square_pictures import Pictures

SQUARE = TASKS["square"]
SEED = 400_000
STILL = np.zeros(7)
there = pytest.mark.skipif(
    find_spec("robosuite") is None, reason="needs onehop-tasks[square]"
)


@pytest.fixture(scope="module")
def env():
    return SquareEnv()


@pytest.fixture(scope="module")
def shown():
    return SQUARE.demonstrator(Manner()).episode(0, SEED, 400)


def state(arm, seed: int, steps: int) -> list:
    """All that MuJoCo knows after some steps of the waypoints."""
    arm.reset(seed)
    expert = SquareExpert(arm)
    for _ in range(steps):
        arm.step(expert.act())
    data = arm.data
    every = (data.qpos, data.qvel, data.ctrl, data.xpos, data.qacc_warmstart)
    return [array.copy() for array in every]


@there
def test_a_seed_is_a_start_whatever_came_before(env):
    """Also the controllers' goals: what is done from it ends where it did."""
    used = env.arm
    state(used, SEED + 1, 60)
    again, fresh = state(used, SEED, 60), state(SquareArm(), SEED, 60)
    for one, same in zip(again, fresh, strict=True):
        assert_array_equal(one, same)
    start, other = state(used, SEED, 0), state(used, SEED + 1, 0)
    assert np.abs(start[0] - other[0]).max() > 1e-3


@there
def test_a_start_is_what_robosuite_draws_first(env):
    import robosuite

    theirs = robosuite.make(
        "NutAssemblySquare",
        robots="Panda",
        has_offscreen_renderer=False,
        use_camera_obs=False,
        renderer="mujoco",
        seed=SEED,
    )
    env.arm.reset(SEED)
    assert_allclose(env.arm.data.qpos, theirs.sim.data.qpos, atol=1e-12)


@there
def test_it_is_done_with_the_nut_on_the_peg_alone(env):
    for place, done in (((0, 0), True), ((0.06, 0), False), ((0, -0.2), False)):
        env.reset(seed=SEED)
        joint = env.arm.data.joint("SquareNut_joint0")
        joint.qpos[:] = [*(env.arm.peg[:2] + place), 0.86, 1, 0, 0, 0]
        _, reward, terminated, truncated, info = env.step(STILL)
        assert (info["is_success"], terminated, reward) == (done, done, float(done))
        assert not truncated


@there
def test_the_nut_is_where_pictures_show_it(env):
    """Of brass, by the cameras' own geometry, after the arm has moved."""
    env.reset(seed=SEED)
    expert = SquareExpert(env.arm)
    for _ in range(12):
        env.arm.step(expert.act())
    frame, data = env.see(), env.arm.data
    cameras = {
        name: (data.camera(of).xpos.copy(), data.camera(of).xmat.reshape(3, 3).copy())
        for name, of in CAMERAS.items()
    }
    handle = env.arm.nut + 0.054 * env.arm.nut_axes[:, 0] + [0, 0, 0.01]
    # Pictures are of their moment, whatever is done before they are drawn.
    for _ in range(40):
        env.arm.step(expert.act())
    for name, (place, axes) in cameras.items():
        x, y, z = (handle - place) @ axes
        f = 42 / np.tan(np.radians(env.arm.model.camera(CAMERAS[name]).fovy[0]) / 2)
        column, row = int(42 + f * x / -z), int(42 - f * y / -z)
        red, _, blue = frame[name][row, column].astype(int)
        assert red > blue + 40, name


@there
def test_an_episode_is_shown_until_the_nut_is_on_the_peg(env, shown):
    """Its actions, from the same seed, see the same; only the last succeeds."""
    assert shown.meta["solved"]
    assert (np.abs(shown.actions) <= 1).all()
    frame, _ = env.reset(seed=SEED)
    for i, action in enumerate(shown.actions):
        for name in frame if i % 20 == 0 else ():
            assert_array_equal(shown.obs[name][i], frame[name], strict=True)
        _, done = env.arm.step(action)
        assert done == (i == len(shown.actions) - 1)
        frame = env.see() if i % 20 == 19 else frame


@there
def test_the_hand_is_told_as_robosuite_does(env):
    env.reset(seed=SEED)
    theirs = env.arm._world._get_observations(force_update=True)
    names = ("robot0_eef_pos", "robot0_eef_quat", "robot0_gripper_qpos")
    expected = np.concatenate([theirs[name] for name in names])
    assert_allclose(env.arm.agent_pos(), expected, atol=1e-6)


@there
def test_an_episode_ends_after_its_steps(env, monkeypatch):
    monkeypatch.setattr(env, "_max_steps", 3)
    env.reset(seed=SEED)
    ends = [env.step(STILL)[2:4] for _ in range(3)]
    assert ends == [(False, False)] * 2 + [(False, True)]


@there
@pytest.mark.parametrize("action", [np.zeros(6), np.full(7, np.nan)])
def test_what_is_no_action_is_refused(env, action):
    with pytest.raises(BadInput, match="expected seven finite numbers"):
        env.step(action)


@there
def test_where_nothing_can_be_drawn_it_says_so(env, monkeypatch):
    def refuses(*args):
        raise RuntimeError("no display")

    monkeypatch.setattr("mujoco.Renderer", refuses)
    with pytest.raises(BadInput, match=r"no display.*MUJOCO_GL=egl"):
        Pictures(env.arm.model, 7)


def test_without_robosuite_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("onehop_tasks._installed.find_spec", lambda name: None)
    for use in (SQUARE.scene.make, lambda: SQUARE.demonstrator(Manner())):
        with pytest.raises(BadInput, match=r"pip install 'onehop-tasks\[square\]'"):
            use()
