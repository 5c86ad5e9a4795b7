"""Every distillation method in one table, from the same teacher, starts and timer."""

from ._cell import Cell as Cell
from ._cell import carry_out as carry_out
from ._cell import carry_out_here as carry_out_here
from ._cell import words_of as words_of

__version__ = "0.1.0"
