"""Consistency models of a diffusion policy: distilled, trained, and of trajectories.

`Student` is the policy, in one network call or a chain of few. `CD` (and with ManiCM's
constants, `LCMRecipe`), `CT` and `CTM` are the distillers, on any teacher.
"""

from ._cd import CD as CD
from ._ct import CT as CT
from ._ct import StepWeight as StepWeight
from ._ct import curriculum as curriculum
from ._ct import even_steps as even_steps
from ._ct import inverse_steps as inverse_steps
from ._ct import rung_probabilities as rung_probabilities
from ._ctm import CTM as CTM
from ._distance import Distance as Distance
from ._distance import pseudo_huber as pseudo_huber
from ._distance import squared_error as squared_error
from ._loss import cd_loss as cd_loss
from ._loss import ct_loss as ct_loss
from ._loss import ctm_loss as ctm_loss
from ._loss import dsm_loss as dsm_loss
from ._recipe import CDRecipe as CDRecipe
from ._recipe import CTMRecipe as CTMRecipe
from ._recipe import CTRecipe as CTRecipe
from ._recipe import LCMRecipe as LCMRecipe
from ._solver import Solver as Solver
from ._solver import ddim as ddim
from ._solver import heun as heun
from ._stop import StopTime as StopTime
from ._student import Student as Student
from ._times import ladder as ladder
from ._times import noise_to_signal as noise_to_signal
from ._times import time_at_ratio as time_at_ratio

__version__ = "0.1.0"
