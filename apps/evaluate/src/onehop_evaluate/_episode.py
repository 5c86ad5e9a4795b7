"""One episode: an environment, and the policy's last few observations of it.

Receding horizon: a policy sees the last n_obs observations (the first one repeated
while there are fewer), plans H actions, of which n_action are carried out before it
decides again.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 2.3 | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput
from onehop_interfaces.history import History
from onehop_tasks import Start, Task

__all__ = ["Episode", "Record"]


@dataclass(frozen=True, eq=False)
class Record:
    """What came of an episode of T steps.

    Attributes:
        metric: (T,), what the task measures after each step.
        agent: (T + 1, 2), the agent's position, the start first; (0, 2) where a task
            is not planar.
        decisions: How often the policy decided.
        success: Whether it reached the goal, at any step.
        mode: Which way it went, -1 if that is not known.
    """

    metric: NDArray[np.float64]
    agent: NDArray[np.float32]
    decisions: int
    success: bool
    mode: int


class Episode:
    """An episode under way.

    Args:
        task: What to run.
        env: Where; one that was used before will do.
        start: Where it begins.
        n_obs: How many observations the policy looks at.

    Attributes:
        env: The environment.
        start: Where it began.
        decisions: How many chunks were played.
        done: Whether it is over: the goal reached or the steps used up.
    """

    def __init__(
        self, task: Task, env: gymnasium.Env[Any, Any], start: Start, n_obs: int
    ) -> None:
        self.task, self.env, self.start = task, env, start
        options = None if start.options is None else dict(start.options)
        frame, _ = env.reset(seed=start.seed, options=options)
        self._history = History(n_obs)
        self.metric: list[float] = []
        self.agent: list[NDArray[Any]] = []
        self.decisions, self.done = 0, False
        self._success, self._mode = False, -1
        self._see(frame)

    def play(
        self,
        chunk: NDArray[np.float32],
        after_step: Callable[[], None] = lambda: None,
    ) -> None:
        """Carry out a chunk (n_action, A), or less of it if the episode ends.

        Args:
            chunk: Actions in the environment's units.
            after_step: Called after every step.

        Raises:
            BadInput: if an action is not finite.
        """
        if not np.isfinite(chunk).all():
            raise BadInput(
                f"decision {self.decisions + 1}: expected finite actions, got NaN"
            )
        self.decisions += 1
        for action in chunk:
            frame, reward, terminated, truncated, info = self.env.step(action)
            self._see(frame)
            self.metric.append(self.task.measure.of(float(reward), info))
            self._success |= bool(info["is_success"])
            self._mode = int(info.get("mode", -1))
            self.done = terminated or truncated
            after_step()
            if self.done:
                break

    @property
    def window(self) -> dict[str, NDArray[Any]]:
        """The last n_obs observations by name, (n_obs, ...), the current last."""
        return self._history.window

    @property
    def record(self) -> Record:
        """What came of it so far."""
        return Record(
            np.array(self.metric),
            np.array(self.agent, np.float32).reshape(-1, 2),
            self.decisions,
            self._success,
            self._mode,
        )

    def _see(self, frame: Any) -> None:
        self._history.push(frame)
        if self.task.picture is not None:
            self.agent.append(self.task.picture.agent(frame))
