"""SwiftPolicy: a diffusion policy distilled into one step by score distillation.

Three pieces: `Student`, the one-step policy; `sds_loss`, what it descends; and `SDS`,
the distiller that puts them to work on any teacher.
"""

from ._loss import Weight as Weight
from ._loss import sds_gradient as sds_gradient
from ._loss import sds_loss as sds_loss
from ._loss import sigma_over_alpha as sigma_over_alpha
from ._loss import sigma_squared as sigma_squared
from ._recipe import SDSRecipe as SDSRecipe
from ._sds import SDS as SDS
from ._student import Student as Student
from ._student import normal_z as normal_z
from ._student import raw_as_x as raw_as_x
from ._student import x_at_t as x_at_t
from ._student import zero_z as zero_z

__version__ = "0.1.0"
