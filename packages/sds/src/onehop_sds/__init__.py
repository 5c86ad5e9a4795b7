"""SwiftPolicy: a diffusion policy distilled into one step by score distillation.

Three pieces: `sds_loss`, what a student descends; `SDS`, the distiller that puts it to
work on any teacher; and `SDSRecipe`, what can be set. The student is
`onehop_interfaces.acting.OneCall`.
"""

from ._loss import Weight as Weight
from ._loss import sds_gradient as sds_gradient
from ._loss import sds_loss as sds_loss
from ._loss import sigma_over_alpha as sigma_over_alpha
from ._loss import sigma_squared as sigma_squared
from ._recipe import SDSRecipe as SDSRecipe
from ._sds import SDS as SDS

__version__ = "0.1.0"
