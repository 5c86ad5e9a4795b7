"""SDM Policy and OneDP-S: one-step policies distilled by matching a distribution.

`matching_loss` and `score_loss` are what a student and the score net that follows it
descend; `SDM` is the distiller that puts them to work on any teacher, `SDMRecipe` what
can be set. OneDP-S is a configuration of it, `OneDPRecipe`. The student is
`onehop_interfaces.acting.OneCall`.
"""

from ._loss import matching_gradient as matching_gradient
from ._loss import matching_loss as matching_loss
from ._loss import score_loss as score_loss
from ._normaliser import Normaliser as Normaliser
from ._normaliser import Scores as Scores
from ._normaliser import batch_wide as batch_wide
from ._normaliser import off as off
from ._normaliser import per_sample as per_sample
from ._recipe import OneDPRecipe as OneDPRecipe
from ._recipe import SDMRecipe as SDMRecipe
from ._sdm import SDM as SDM
from ._times import DDIMTimes as DDIMTimes
from ._times import DrawT as DrawT
from ._times import Uniform as Uniform
from ._weight import Weight as Weight
from ._weight import one as one
from ._weight import sigma_squared as sigma_squared
from ._weight import sigma_squared_over_alpha as sigma_squared_over_alpha
from ._weight import snr as snr

__version__ = "0.1.0"
