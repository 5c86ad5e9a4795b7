"""One Push-T demonstration: what the planner sees and does from a start to the goal.

The recording goes on after success, to a coverage of 0.97 that no longer rises. Who
imitates it falls a little short of it: trained on demonstrations that stop where they
succeed, at 0.95, a policy comes to rest at 0.94 in one episode of twenty.
"""

from __future__ import annotations

import numpy as np

from ._demonstrations import Demonstrations
from ._pusht_env import SUCCESS_COVERAGE
from ._pusht_physics import PushTPhysics, PushTState
from ._pusht_planner import PushTPlanner

__all__ = ["demonstrate"]

_SNUG = 0.97


def demonstrate(
    start: PushTState, planner: PushTPlanner, max_steps: int = 300
) -> Demonstrations:
    """Let the planner solve Push-T from `start`, set as the environments set it.

    Returns:
        One episode of obs "state" (N, 5) [px, rad] and "keypoints" (N, 20) [px],
        ordered as the environments order them, and actions (N, 2) [px]. Its meta says
        whether it is "solved" and the largest "coverage".
    """
    physics = PushTPhysics()
    physics.set_state(start)
    state, keypoints, actions = [], [], []
    coverage = [physics.coverage()]
    for _ in range(max_steps):
        action = planner.act(physics.state).astype(np.float32)
        state.append(physics.state)
        keypoints.append([*physics.keypoints(), physics.agent])
        actions.append(action)
        physics.step((float(action[0]), float(action[1])))
        coverage.append(physics.coverage())
        if max(coverage) > _SNUG and coverage[-1] < coverage[-2] + 1e-3:
            break
    return Demonstrations(
        {
            "state": np.array(state, np.float32),
            "keypoints": np.array(keypoints, np.float32).reshape(len(keypoints), -1),
        },
        np.array(actions),
        np.array([len(actions)]),
        {"solved": max(coverage) > SUCCESS_COVERAGE, "coverage": max(coverage)},
    )
