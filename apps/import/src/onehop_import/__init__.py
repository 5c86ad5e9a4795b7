"""Other projects' checkpoints, as teachers.

The command is ``onehop-import``; its parts are here for use from Python.
"""

from ._diffusion_policy import from_diffusion_policy as from_diffusion_policy
from ._lerobot import from_lerobot as from_lerobot

__version__ = "0.1.0"
