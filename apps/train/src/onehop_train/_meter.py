"""What a distillation costs: time, and how much the teacher was asked.

The teacher is asked for a chunk whenever its network sees one row of a batch; methods
differ in how they batch, so rows are counted and not calls. Both counts stand in the
run's state, so that a run that was stopped and resumed has the cost of a whole one.
Time is the processor's, which other work on the same cores does not lengthen; while a
GPU computes the process waits for it, and that counts too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from onehop_interfaces import Batch, Student, StudentDistiller

__all__ = ["Metered"]


class Metered:
    """A distiller, and what it has cost so far; see `onehop_interfaces.Distiller`.

    Args:
        distiller: Does the work. Students that are copies of the teacher are made by
            now, so that only the teacher itself is counted.
        teacher_net: The teacher's network, called with a batch first.

    Attributes:
        seconds: Of processor time, spent in updates [s].
        teacher_evaluations: Chunks that the teacher's network was asked for.
    """

    def __init__(self, distiller: StudentDistiller, teacher_net: nn.Module) -> None:
        self.distiller = distiller
        self.seconds = 0.0
        self.teacher_evaluations = 0
        teacher_net.register_forward_hook(self._count)

    @property
    def policy(self) -> Student:
        """The distiller's."""
        return self.distiller.policy

    def update(self, batch: Batch) -> Mapping[str, float]:
        """The distiller's, timed."""
        start = time.process_time()
        metrics = self.distiller.update(batch)
        self.seconds += time.process_time() - start
        return metrics

    @property
    def cost(self) -> dict[str, float]:
        """Both counts by name."""
        return {
            "seconds": self.seconds,
            "teacher_evaluations": self.teacher_evaluations,
        }

    def state_dict(self) -> dict[str, Any]:
        """The distiller's state and the cost."""
        return {"distiller": self.distiller.state_dict(), "cost": self.cost}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        self.distiller.load_state_dict(state["distiller"])
        self.seconds = state["cost"]["seconds"]
        self.teacher_evaluations = state["cost"]["teacher_evaluations"]

    def _count(self, net: nn.Module, inputs: tuple[Tensor, ...], output: Any) -> None:
        self.teacher_evaluations += len(inputs[0])
