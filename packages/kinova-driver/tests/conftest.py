"""States and targets to begin with."""

import pytest

from onehop_kinova_driver import HOME, ArmState, Gen3, PoseTarget, Workspace

NOW = 100.0


@pytest.fixture(scope="session")
def state_at():
    """A state of an arm at rest, as of now."""

    def make(q=HOME, arm=None, **changes) -> ArmState:
        pos, quat = (arm or Gen3()).pose(q)
        rest = (0.0,) * 7
        made = ArmState(NOW, 1, tuple(map(float, q)), rest, pos, quat)
        return made._replace(**changes)

    return make


@pytest.fixture(scope="session")
def target_by():
    """A target so far from a state, handed over now."""

    def make(state, by=(0.0, 0.0, 0.0), **changes) -> PoseTarget:
        pos = tuple(p + d for p, d in zip(state.pos, by, strict=True))
        made = PoseTarget(pos, state.quat, 1, NOW, NOW, NOW + 1, 0)
        return made._replace(**changes)

    return make


@pytest.fixture(scope="session")
def wide() -> Workspace:
    """A workspace that is not in the way of what is tested."""
    return Workspace((-1.2, -1.2, -0.5), (1.2, 1.2, 1.5))
