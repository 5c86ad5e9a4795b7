"""What the loop, the gate and a kinematic arm do together, driven by a policy."""

from math import dist, sin

import numpy as np
import pytest

from onehop_kinova_driver import Limits, Scene, ShadowArm, Sphere


def test_shadowed_it_computes_and_sends_nothing(bench):
    b = bench(wrap=ShadowArm).start()
    b.policy.size = np.full(3, 0.005)
    b.run(2)
    b.loop.close()
    assert any(t.verdict.target is not None for t in b.ticks if t.verdict)
    assert set(b.names()) == {"connect", "close"}


def test_the_stream_keeps_to_speed_and_acceleration(bench):
    b = bench().start()
    b.policy.size, b.policy.rate = np.full(3, 0.1), np.array([3.0, 2.0, 4.0])
    b.run(10)
    sent = np.array([[t, *target.pos] for t, name, target in b.calls if target])
    dt, v = np.diff(sent[:, 0]), np.diff(sent[:, 1:], axis=0)
    v /= dt[:, None]
    assert dt == pytest.approx(0.05)
    assert np.linalg.norm(v, axis=1).max() <= 0.1 + 1e-6
    assert np.linalg.norm(v, axis=1).max() > 0.09
    a = np.linalg.norm(np.diff(v, axis=0), axis=1) / 0.05
    assert a.max() <= 0.4 + 1e-6


def test_it_follows_what_is_slow_enough(bench):
    b = bench().start()
    b.policy.size, b.policy.rate = np.full(3, 0.03), np.full(3, 1.0)
    b.run(10)
    for t in b.ticks[40:]:
        wanted = b.policy.centre + 0.03 * sin(t.times.now - b.policy.start)
        assert dist(t.seen.state.pos, wanted) < 0.012


@pytest.mark.parametrize("v", [0.02, 0.04, 0.06])
def test_what_moves_on_is_followed_as_far_behind_as_it_takes_to_stop(bench, v):
    b = bench().start()
    x, y, z = b.policy.centre
    b.policy.wrong = lambda policy, t: policy.target(
        policy.clock.now(), pos=(x, y + v * t, z)
    )
    b.policy.onset = 100.0
    b.run(4)
    seen = b.ticks[-1].seen
    behind = seen.target.pos[1] - seen.last.pos[1]
    assert behind == pytest.approx(v**2 / (2 * 0.4) + v * 0.05 / 2, abs=1e-5)


def test_it_keeps_clear_of_a_ball_in_its_way(bench):
    b = bench().start()
    x, y, z = b.policy.centre
    b.scene = Scene((Sphere((x, y + 0.3, z), 0.08),))
    b.policy.wrong = lambda policy, _: policy.target(
        policy.clock.now(), pos=(x, min(0.5, y + 0.1 * (policy.clock.now() - 101)), z)
    )
    b.policy.onset = 101.0
    b.run(6)
    body = b.loop._gate._body
    clear = [
        body.clearance(body.arm.frames(t.seen.state.q), t.seen.scene) for t in b.ticks
    ]
    assert 0.019 < min(clear) < 0.03


@pytest.mark.parametrize("joint", [3, 5])
def test_driven_towards_the_ends_of_joints_it_holds_before(bench, wide, joint):
    b = bench(limits=Limits(workspace=wide)).start()
    base = b.policy.centre * [0.0, 0.0, 1.0]
    away = b.policy.centre + np.array([0.0, 0.0, 1.0]) if joint == 5 else base
    b.policy.wrong = lambda policy, _: policy.target(
        policy.clock.now(), pos=tuple(away.tolist())
    )
    b.policy.onset = 101.0
    b.run(15)
    q = np.array([t.seen.state.q for t in b.ticks])
    assert np.abs(q[:, 3]).max() <= 2.57 - 0.1 + 0.01
    assert np.abs(q[:, 5]).max() <= 2.09 - 0.1 + 0.01
    conditions = [np.linalg.cond(b.loop._gate.arm.jacobian(x)) for x in q]
    assert max(conditions) < 31
    assert b.loop.counts["hold"] > 50
