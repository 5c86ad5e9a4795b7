"""The main job: a Push-T diffusion policy distilled into one step."""

from ._stage import Stage as Stage
from ._stage import carry_out as carry_out

__version__ = "0.1.0"
