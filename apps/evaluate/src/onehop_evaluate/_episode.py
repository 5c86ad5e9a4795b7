"""One episode: an environment, and the policy's last few observations of it.

Receding horizon: a policy sees the last n_obs observations (the first one repeated
while there are fewer), plans H actions, of which n_action are carried out before it
decides again.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 2.3 | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput

from ._starts import Start
from ._tasks import Frame, Task

__all__ = ["Episode"]


class Episode:
    """An episode under way.

    Args:
        task: What to run.
        start: Where it begins.
        n_obs: How many observations the policy looks at.

    Attributes:
        start: Where it began.
        env: The environment.
        metric: The task's metric after each step so far.
        agent: The agent's position at the start and after each step so far.
        decisions: How many chunks were played.
        done: Whether it is over: the goal reached or the steps used up.
    """

    def __init__(self, task: Task, start: Start, n_obs: int) -> None:
        self.task = task
        self.start = start
        self.env = task.make()
        options = None if start.options is None else dict(start.options)
        frame, _ = self.env.reset(seed=start.seed, options=options)
        frame = np.asarray(frame, np.float32)
        self._frames: deque[Frame] = deque([frame] * n_obs, maxlen=n_obs)
        self.metric: list[float] = []
        self.agent: list[NDArray[np.float32]] = [task.agent(frame)]
        self.decisions = 0
        self.done = False

    @property
    def window(self) -> Frame:
        """The last n_obs observations, (n_obs, ...), the current one last."""
        return np.stack(self._frames)

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
            seen, _, terminated, truncated, info = self.env.step(action)
            frame = np.asarray(seen, np.float32)
            self._frames.append(frame)
            self.agent.append(self.task.agent(frame))
            self.metric.append(float(info[self.task.metric]))
            self.done = terminated or truncated
            after_step()
            if self.done:
                break
