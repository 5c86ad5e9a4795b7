"""Transitions: what a critic learns from."""

from __future__ import annotations

from dataclasses import dataclass, fields

from torch import Tensor

__all__ = ["Transitions"]


@dataclass(frozen=True)
class Transitions:
    """Steps of a robot, in any order.

    Attributes:
        s: States (B, S).
        a: Actions (B, A) that were carried out in them.
        r: Rewards (B,).
        s_next: States (B, S) that followed.
        ended: (B,), 1 where the task ended there, by a fall or at a goal, so that
            nothing follows; 0 where a recording merely stopped.
        at: Numbers (B,) of the steps in a recording, whole: the step that followed has
            the next one, and no step of another episode has.
    """

    s: Tensor
    a: Tensor
    r: Tensor
    s_next: Tensor
    ended: Tensor
    at: Tensor

    def __len__(self) -> int:
        """B."""
        return len(self.s)

    def __getitem__(self, rows: Tensor) -> Transitions:
        """The steps of these numbers."""
        return Transitions(*(getattr(self, f.name)[rows] for f in fields(self)))
