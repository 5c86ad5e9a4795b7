"""OneFlow-DP: a diffusion policy's flow distilled into one step, and its ablations.

`Student` is the policy, of one call or a few; `OneFlow` teaches it by the teacher's
own paths, `MeanFlow` without them.
"""

from ._coordinates import flow_level as flow_level
from ._coordinates import times_at as times_at
from ._coordinates import to_flow as to_flow
from ._coordinates import to_noisy as to_noisy
from ._loss import Weight as Weight
from ._loss import action_loss as action_loss
from ._loss import as_ends as as_ends
from ._loss import as_slopes as as_slopes
from ._loss import mean_velocity_target as mean_velocity_target
from ._loss import slope_loss as slope_loss
from ._meanflow import MeanFlow as MeanFlow
from ._oneflow import OneFlow as OneFlow
from ._oneflow import fade_by_half as fade_by_half
from ._path import FlowPath as FlowPath
from ._path import PointOnPath as PointOnPath
from ._path import point_at as point_at
from ._path import teacher_path as teacher_path
from ._recipe import MeanFlowRecipe as MeanFlowRecipe
from ._recipe import OneFlowRecipe as OneFlowRecipe
from ._student import Student as Student
from ._student import raw_as_velocity as raw_as_velocity

__version__ = "0.1.0"
