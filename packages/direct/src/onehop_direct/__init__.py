"""Policies of one or two calls that learn from demonstrations alone.

`Regression`, `MIP` and `Drifting` are distillers that ask their teacher nothing: what a
student of one has to beat.
"""

from ._drifting import Drifting as Drifting
from ._drifting import drift as drift
from ._mip import MIP as MIP
from ._mip import TwoCalls as TwoCalls
from ._recipe import DriftingRecipe as DriftingRecipe
from ._recipe import MIPRecipe as MIPRecipe
from ._recipe import RegressionRecipe as RegressionRecipe
from ._regression import Regression as Regression

__version__ = "0.1.0"
