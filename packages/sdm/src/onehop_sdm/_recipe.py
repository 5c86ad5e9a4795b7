"""SDM's and OneDP-S's settings as data: what a command line or a record of a run holds.

Generator and score net start as the teacher, unless told not to. OneDP-S (stochastic,
with a score net) is SDM with its own constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from onehop_interfaces import Schedule, Teacher
from onehop_interfaces.gain import time_within
from onehop_interfaces.learning import Run
from onehop_interfaces.options import Decays, Fractions, Positive, Share, Size

from ._normaliser import Normaliser, batch_wide, off, per_sample
from ._sdm import SDM
from ._times import DDIMTimes, DrawT, Uniform
from ._weight import Weight, one, sigma_squared, sigma_squared_over_alpha, snr

__all__ = ["OneDPRecipe", "SDMRecipe"]

NORMALISERS: dict[str, Normaliser] = {
    f.__name__: f for f in (off, per_sample, batch_wide)
}
WEIGHTS: dict[str, Weight] = {
    f.__name__: f for f in (one, sigma_squared, sigma_squared_over_alpha, snr)
}

MOST_GAIN = 2.0
"""Where an eps network is called: about OneDP's 65 of 0..99, which has 1.7."""


@dataclass(frozen=True)
class SDMRecipe:
    """Match the teacher's distribution: to keep all its ways, at a score net's price.

    `SDM`; see `onehop_interfaces.Recipe`.
    """

    t_init: float | None = None
    """The time the generator is called at; if not given the schedule's noisiest, but
    where the error of an eps network counts at most twice in the chunk."""
    period: Size = 5
    """c: updates of the score net per step of the generator."""
    normaliser: Literal["off", "per_sample", "batch_wide"] = "off"
    """What scores are divided by: nothing, DMD's distance, or (legacy) one number for
    the whole batch."""
    w: Literal["sigma_squared", "sigma_squared_over_alpha", "one"] = "sigma_squared"
    """Weight of times in the generator's loss: OneDP's; that of the last line of SDM's
    Eq. 4; or none, which suits a normaliser."""
    lam: Literal["one", "snr"] = "one"
    """Weight of times in the score net's loss: errors of x, or of eps, count alike."""
    lr: Positive = 1e-4
    """Adam's learning rate for the generator, before it falls to zero as a cosine."""
    score_lr: Positive = 1e-4
    """Adam's learning rate for the score net, which falls likewise."""
    betas: Decays = (0.0, 0.999)
    """Adam's, for both; SDM's code has .95 first."""
    t_range: Fractions = (0.02, 0.98)
    """The part of the schedule's domain that t is drawn from."""
    ddim_times: bool = False
    """Legacy: draw t from the ten times of a DDIM sampler, whatever `t_range`."""
    off_by_one: bool = False
    """Legacy: train the generator a hundredth of the domain noisier than it acts."""
    cold: bool = False
    """Start the generator from fresh weights instead of the teacher's."""
    score_cold: bool = False
    """Start the score net from fresh weights instead of the teacher's."""
    train_encoder: bool = False
    """Let the student's encoder learn too."""

    @property
    def weight(self) -> Weight:
        """The function that `w` names."""
        return WEIGHTS[self.w]

    @property
    def score_weight(self) -> Weight:
        """The function that `lam` names."""
        return WEIGHTS[self.lam]

    @property
    def divisor(self) -> Normaliser:
        """The function that `normaliser` names."""
        return NORMALISERS[self.normaliser]

    @property
    def draw_t(self) -> DrawT:
        """The times that both losses look at."""
        return DDIMTimes() if self.ddim_times else Uniform(*self.t_range)

    def called_at(self, teacher: Teacher) -> tuple[float, float]:
        """The times at which G acts and is trained."""
        t_train = self.t_init
        if t_train is None:
            t_train = time_within(teacher, MOST_GAIN)
        shift = _hundredth(teacher.schedule) if self.off_by_one else 0.0
        return t_train - shift, t_train

    def distiller(self, teacher: Teacher, run: Run) -> SDM:
        """The distiller, ready for its first update."""
        return SDM(teacher, self, run)


@dataclass(frozen=True)
class OneDPRecipe:
    """SDM with OneDP's constants: student and score net learn in turns of one.

    The constants are those of its paper, but for the learning rates.
    """

    u_init: Share = 65 / 99
    """The generator's time, as a fraction of the domain: 65 of 0..99."""
    lr: Positive = 2e-5
    """Adam's learning rate for the generator; the paper has 1e-6, for 256 M weights."""
    score_lr: Positive = 2e-5
    """Adam's learning rate for the score net, which falls likewise."""
    lam: Literal["one", "snr"] = "one"
    """Weight of times in the score net's loss: the paper trains it as its teacher was
    trained, so one if that predicts x, and snr if it predicts eps."""
    t_range: Fractions = (0.02, 0.95)
    """The part of the schedule's domain that t is drawn from."""
    train_encoder: bool = False
    """Let the student's encoder learn too."""

    def as_sdm(self, teacher: Teacher) -> SDMRecipe:
        """The same in SDM's settings."""
        u = torch.tensor(self.u_init, dtype=torch.float64)
        return SDMRecipe(
            t_init=float(teacher.schedule.domain.at(u)),
            period=1,
            lam=self.lam,
            lr=self.lr,
            score_lr=self.score_lr,
            t_range=self.t_range,
            train_encoder=self.train_encoder,
        )

    def distiller(self, teacher: Teacher, run: Run) -> SDM:
        """The distiller, ready for its first update."""
        return SDM(teacher, self.as_sdm(teacher), run)


def _hundredth(schedule: Schedule) -> float:
    """A hundredth of the domain, and at least one step of a table."""
    domain = schedule.domain
    width = (domain.t_max - domain.t_min) / 99
    return width if domain.steps is None else max(1.0, float(round(width)))
