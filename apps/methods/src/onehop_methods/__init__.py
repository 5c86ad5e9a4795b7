"""The distillation methods that the commands know."""

from ._methods import METHODS as METHODS
from ._methods import Method as Method

__version__ = "0.1.0"
