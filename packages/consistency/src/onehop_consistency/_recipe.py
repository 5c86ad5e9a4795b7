"""The methods' settings as data: what a command line or a record of a run holds."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from typing import Literal

import torch

from onehop_interfaces import Teacher
from onehop_interfaces.acting import HEADS
from onehop_interfaces.drawing import reset_weights, seeded
from onehop_interfaces.gain import time_within
from onehop_interfaces.learning import Run
from onehop_interfaces.options import Decay, NonNegative, Positive, Size
from onehop_interfaces.spaces import cond_dim

from ._cd import CD
from ._ct import CT
from ._ctm import CTM
from ._stop import StopTime
from ._student import Student
from ._times import time_at_ratio

__all__ = ["CDRecipe", "CTMRecipe", "CTRecipe", "LCMRecipe"]


@dataclass(frozen=True, kw_only=True)
class _StudentOptions:
    """What every recipe says of its student and of its optimiser."""

    nfe: Size = 1
    """Network calls per decision: 1, or a chain of few."""
    r_max: Positive | None = 80.0
    """Noise-to-signal ratio a decision starts at, EDM's; None: the schedule's. For
    x_at_t of an eps network at most 10, the times its error then counts."""
    head: Literal["x_at_t", "raw_as_x"] | None = None
    """How a call's answer becomes a chunk; if not given x_at_t, but raw_as_x for an eps
    network that starts from fresh weights."""
    cold: bool = False
    """Start from fresh weights instead of the teacher's."""
    train_encoder: bool = False
    """Let the student's encoder learn too."""
    lr: Positive = 2e-4
    """Adam's learning rate, before it falls to zero as a cosine."""

    def student(
        self, teacher: Teacher, generator: torch.Generator, stop_width: int = 0
    ) -> Student:
        """The untaught student; a trajectory model's if `stop_width` is not zero."""
        net, stop = copy.deepcopy(teacher), None
        with seeded(generator):
            if self.cold:
                reset_weights(net)
            if stop_width:
                stop = StopTime(teacher.signature, cond_dim(teacher), stop_width)
        head, t_init = self._reading(teacher)
        student = Student(net, nfe=self.nfe, t_init=t_init, head=HEADS[head], stop=stop)
        return student.to(generator.device)

    def _reading(self, teacher: Teacher) -> tuple[str, float]:
        """The head and the time a decision starts at, as suits the teacher."""
        schedule = teacher.schedule
        t_max, modest = schedule.domain.t_max, time_within(teacher)
        fresh_eps = self.cold and modest < t_max
        head = self.head or ("raw_as_x" if fresh_eps else "x_at_t")
        t_init = modest if head == "x_at_t" else t_max
        if self.r_max is not None:
            t_init = min(t_init, time_at_ratio(schedule, self.r_max))
        return head, t_init


@dataclass(frozen=True, kw_only=True)
class CDRecipe(_StudentOptions):
    """Consistency distillation: quick to train, and takes two or three calls as well.

    See `CD` and `onehop_interfaces.Recipe`.
    """

    rungs: Size = 18
    """Steps between noise and clean data, at most the schedule's own."""
    solver: Literal["heun", "ddim"] = "heun"
    """How the teacher takes one of them."""
    distance: Literal["pseudo_huber", "squared_error"] = "squared_error"
    """What is minimised between the student's chunk and the target's."""
    target_decay: Decay = 0.95
    """Decay of the target network per update; 0: the student held still."""

    def distiller(self, teacher: Teacher, run: Run) -> CD:
        """The distiller, ready for its first update."""
        return CD(teacher, self, run)


@dataclass(frozen=True, kw_only=True)
class LCMRecipe(_StudentOptions):
    """CD with ManiCM's constants, on the steps of DDIM-10: quick to train as well."""

    r_max: Positive | None = None
    """Noise-to-signal ratio a decision starts at; None: the schedule's noisiest."""
    rungs: Size = 10
    """Steps between noise and clean data, those of the teacher's DDIM-10."""
    target_decay: Decay = 0.95
    """Decay of the target network per update; 0: the student held still."""
    lr: Positive = 1e-4
    """Adam's learning rate, before it falls to zero as a cosine."""

    def distiller(self, teacher: Teacher, run: Run) -> CD:
        """The distiller, ready for its first update."""
        return CD(teacher, CDRecipe(solver="ddim", **dataclasses.asdict(self)), run)


@dataclass(frozen=True, kw_only=True)
class CTRecipe(_StudentOptions):
    """(Improved) consistency training, without a teacher: wants far longer runs.

    See `CT` and `onehop_interfaces.Recipe`.
    """

    cold: bool = True
    """Start from fresh weights; otherwise the teacher's are tuned."""
    s_0: Size = 10
    """Steps in the ladder at the start."""
    s_1: Size = 1280
    """Steps in the ladder at the end, at most the schedule's own."""
    p_mean: float = -1.1
    """Mean of ln r."""
    p_std: Positive = 2.0
    """Standard deviation of ln r."""
    distance: Literal["pseudo_huber", "squared_error"] = "squared_error"
    """What is minimised between the student's chunk and the target's."""
    w: Literal["even_steps", "inverse_steps"] = "even_steps"
    """Weight of a pair of rungs; iCT's is inverse_steps, with pseudo_huber."""
    target_decay: Decay = 0.0
    """Decay of the target network per update; 0: the student held still."""

    def distiller(self, teacher: Teacher, run: Run) -> CT:
        """The distiller, ready for its first update."""
        return CT(teacher, self, run)


@dataclass(frozen=True, kw_only=True)
class CTMRecipe(_StudentOptions):
    """Consistency Policy's jumps between any two times: where several calls are due.

    See `CTM` and `onehop_interfaces.Recipe`.
    """

    stop_width: Size = 128
    """Units in each layer of the MLP that tells the network where a jump ends."""
    rungs: Size = 80
    """Steps between noise and clean data, at most the schedule's own."""
    solver: Literal["heun", "ddim"] = "heun"
    """How the teacher takes one of them."""
    dsm_weight: NonNegative = 0.001
    """Weight of the denoising term; Consistency Policy's is 1, with pseudo_huber."""
    sigma_data: Positive = 0.5
    """Spread of the data, for that term."""
    distance: Literal["pseudo_huber", "squared_error"] = "squared_error"
    """What is minimised between the student's chunk and the target's."""
    target_decay: Decay = 0.0
    """Decay of the target network per update; 0: the student held still."""

    def distiller(self, teacher: Teacher, run: Run) -> CTM:
        """The distiller, ready for its first update."""
        return CTM(teacher, self, run)
