"""Manipulation environments, demonstrators and demonstration files."""

from ._demonstrations import Demonstrations as Demonstrations
from ._demonstrations import Windows as Windows
from ._diffusion_policy_zarr import (
    read_diffusion_policy_zarr as read_diffusion_policy_zarr,
)

__version__ = "0.1.0"
