"""Choices: how policies come by the plan that they carry out.

They draw some at a temperature, and carry out the one that a critic, or a classifier of
what plans return, values most.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Choice"]


@dataclass(frozen=True)
class Choice:
    """A choice among plans; by itself none, the first plan is carried out.

    Attributes:
        candidates: Among how many.
        temperature: What the noise that policies decide from is multiplied by.
        ahead: Whether the critic values where plans end (V), not how they begin (Q).
        returns: Whether a return classifier chooses, in place of the critic.
        guidance: How far it moves what a teacher denoises, in multiples of its
            gradient.
        methods: Those whose students take part; all, if none are named.
    """

    candidates: int = 1
    temperature: float = 1.0
    ahead: bool = False
    returns: bool = False
    guidance: float = 0.0
    methods: tuple[str, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether somebody chooses."""
        return self.candidates > 1 or self.returns

    def asks(self, method: str) -> bool:
        """Whether students of this method take part."""
        return not self.methods or method in self.methods

    @property
    def folder(self) -> str:
        """What it adds to the name of a table's folder."""
        words = f"-best-of-{self.candidates}" if self.candidates > 1 else ""
        words += "-ahead" if self.ahead else ""
        words += "-by-returns" if self.returns else ""
        words += f"-guided-{self.guidance:g}" if self.guidance else ""
        return words + (f"-at-{self.temperature:g}" if self.temperature != 1 else "")
