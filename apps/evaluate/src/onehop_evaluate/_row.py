"""A row of the table: what a policy achieves over its training seeds, and its cost.

A method that was trained from seeds 1, ..., S and rolled out from starts e has values
(S, E). Intervals are over seeds and starts (Wilson's for the success of a single seed),
and differences to the teacher are paired per start. How much training seeds differ is
told beside: the least and the greatest success among them, and the outcome of the
worst. Entropy is each seed's own, averaged: seeds that each have one
mode are not diverse together.

References are the teacher with all its steps, at ten, and at one step, which a student
has to beat to be of use. A row's time is its first seed's: weights do not change it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_tasks import Outcome, Task

from ._cost import Cost
from ._diversity import mode_entropy
from ._entries import Entry, Role
from ._latency import Latency
from ._rollout import Rollouts
from ._statistics import Estimate, mean, paired_difference, proportion

__all__ = ["Measured", "Row", "Timed", "rows_of"]

Values = Callable[[Rollouts], NDArray[Any]]
"""A number of every episode, (E,)."""


@dataclass(frozen=True, eq=False)
class Timed:
    """What a decision takes.

    Attributes:
        one_thread: Latency on one thread.
        default_threads: The same on as many threads as torch takes by itself.
        cost: Parameters and FLOPs.
        onnx: Latency by ONNX on one thread, if measured.
        sensing: Time to make an observation on one thread, where that takes any.
    """

    one_thread: Latency
    default_threads: Latency
    cost: Cost
    onnx: Latency | None = None
    sensing: Latency | None = None

    @property
    def decisions_per_second(self) -> float:
        """Of one thread that sees, decides, and sees again [Hz]."""
        seeing = 0.0 if self.sensing is None else self.sensing.p50
        return 1.0 / (self.one_thread.p50 + seeing)


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of a policy.

    Attributes:
        entry: The policy.
        rollouts: Its episodes, from the same starts as everyone's.
        spread: Of its chunks over noise, in the action's units.
    """

    entry: Entry
    rollouts: Rollouts
    spread: float


@dataclass(frozen=True, eq=False)
class Row:
    """Estimates from what was measured.

    Attributes:
        name: What it is called in tables and figures.
        seeds: Its students, a training seed each; or one way to sample the teacher.
        timed: The time of its decisions.
        outcome: Mean over seeds and starts of what an episode comes to.
        others: The same of the task's other outcomes.
        deviation: Standard deviation of the outcome over episodes.
        worst: The outcome of the worst seed.
        success: Share of starts that reach the goal.
        success_of_seeds: The least and the greatest among training seeds.
        versus_full: Paired difference of the outcome to the teacher with all its steps;
            None for itself, and where that is not in the table.
        versus_one: The same to the teacher at one step.
        success_to_few: Paired difference of success to the teacher at ten steps.
        success_to_one: The same to the teacher at one step.
        speed_up: Median latency on one thread of the first row over this row's.
        entropy: Over the modes of successes, if the task has modes.
        entropy_of_all: The same over all episodes that got far enough to have one.
        spread: Of chunks over noise, in the action's units.
        spread_share: The same as a share of the first row's.
        seconds: Of processor time, to distil, the mean of seeds [s].
        teacher_evaluations: Chunks asked of the teacher, the seeds' mean.
    """

    name: str
    seeds: Sequence[Measured]
    timed: Timed
    outcome: Estimate
    others: tuple[Estimate, ...]
    deviation: float
    worst: float
    success: Estimate
    success_of_seeds: tuple[float, float]
    versus_full: Estimate | None
    versus_one: Estimate | None
    success_to_few: Estimate | None
    success_to_one: Estimate | None
    speed_up: float
    entropy: Estimate | None
    entropy_of_all: Estimate | None
    spread: float
    spread_share: float
    seconds: float | None
    teacher_evaluations: float | None

    @property
    def entry(self) -> Entry:
        """The first seed's policy."""
        return self.seeds[0].entry

    @property
    def student(self) -> bool:
        """Whether it was distilled."""
        return self.entry.student


Group = tuple[str, Sequence[Measured], Timed]
"""A row's name, seeds and time."""


def rows_of(groups: Sequence[Group], task: Task) -> list[Row]:
    """One row per group, in order; the first is what speed and spread are told by."""
    return [_row(group, groups, task) for group in groups]


def _row(group: Group, groups: Sequence[Group], task: Task) -> Row:
    name, seeds, timed = group
    _, first, quickest = groups[0]
    rollouts = [m.rollouts for m in seeds]
    outcome = [r.outcome(task.measure.outcome) for r in rollouts]
    shares = [float(r.success.mean()) for r in rollouts]
    whole, spread = (float(np.mean([m.spread for m in s])) for s in (first, seeds))
    versus = partial(_versus, seeds, {g[1][0].entry.role: g[1] for g in groups})
    return Row(
        name=name,
        seeds=seeds,
        timed=timed,
        outcome=mean(np.stack(outcome)),
        others=tuple(mean(_all(seeds, _of(other))) for other in task.measure.others),
        deviation=float(np.std(outcome)),
        worst=min(float(values.mean()) for values in outcome),
        success=_share(rollouts),
        success_of_seeds=(min(shares), max(shares)),
        versus_full=versus(Role.FULL, _of(task.measure.outcome)),
        versus_one=versus(Role.ONE, _of(task.measure.outcome)),
        success_to_few=versus(Role.FEW, _success),
        success_to_one=versus(Role.ONE, _success),
        speed_up=quickest.one_thread.p50 / timed.one_thread.p50,
        entropy=_entropy(rollouts, task.modes, of_all=False),
        entropy_of_all=_entropy(rollouts, task.modes, of_all=True),
        spread=spread,
        spread_share=spread / whole if whole else 0.0,
        seconds=_training(seeds, "seconds"),
        teacher_evaluations=_training(seeds, "teacher_evaluations"),
    )


def _of(outcome: Outcome) -> Values:
    return lambda rollouts: rollouts.outcome(outcome)


def _success(rollouts: Rollouts) -> NDArray[np.bool_]:
    return rollouts.success


def _versus(
    seeds: Sequence[Measured],
    references: Mapping[Role, Sequence[Measured]],
    role: Role,
    values: Values,
) -> Estimate | None:
    """The paired difference to the teacher's way of that role."""
    reference = references.get(role)
    if reference is None or reference is seeds:
        return None
    return paired_difference(_all(seeds, values), _all(reference, values))


def _all(seeds: Sequence[Measured], values: Values) -> NDArray[np.float64]:
    """Of every seed and start, (S, E)."""
    return np.stack([values(m.rollouts) for m in seeds]).astype(np.float64)


def _share(rollouts: Sequence[Rollouts]) -> Estimate:
    if len(rollouts) == 1:
        return proportion(rollouts[0].success)
    return mean(np.stack([r.success for r in rollouts]).astype(np.float64))


def _entropy(rollouts: Sequence[Rollouts], modes: int, of_all: bool) -> Estimate | None:
    """The seeds' mean; of successes, or of all."""
    if not modes:
        return None
    found = [
        mode_entropy(r.mode if of_all else r.mode[r.success], modes) for r in rollouts
    ]
    return Estimate(*(float(np.mean(values)) for values in zip(*found, strict=True)))


def _training(seeds: Sequence[Measured], name: str) -> float | None:
    """A student's own record of its training."""
    costs: list[Any] = [m.entry.provenance.get("metrics", {}).get(name) for m in seeds]
    if not seeds[0].entry.student or None in costs:
        return None
    return float(np.mean(costs))
