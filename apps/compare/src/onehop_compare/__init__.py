"""Every distillation method in one table, from the same teacher, starts and timer."""

from ._cell import Cell as Cell
from ._cell import carry_out as carry_out
from ._line import Line as Line
from ._line import lines_of as lines_of
from ._study import STUDIES as STUDIES
from ._study import Budget as Budget
from ._study import Study as Study

__version__ = "0.1.0"
