"""Manipulation environments, demonstrators and demonstration files."""

from ._demonstrations import Demonstrations as Demonstrations
from ._demonstrations import Windows as Windows
from ._diffusion_policy_zarr import (
    read_diffusion_policy_zarr as read_diffusion_policy_zarr,
)
from ._pusht_physics import PushTPhysics as PushTPhysics
from ._pusht_physics import PushTSnapshot as PushTSnapshot
from ._pusht_physics import PushTState as PushTState

__version__ = "0.1.0"
