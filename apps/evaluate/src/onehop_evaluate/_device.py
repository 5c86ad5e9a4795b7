"""The device that policies compute on."""

from __future__ import annotations

import torch

from onehop_interfaces import BadInput

__all__ = ["device_named"]


def device_named(name: str) -> torch.device:
    """The device of that name, tried out.

    Raises:
        BadInput: if torch knows no such device or cannot compute on it here.
    """
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()  # the meta device has no numbers
    except (AssertionError, NotImplementedError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise BadInput(
            f"--device: expected one that works here, such as 'cpu', got {name!r}: "
            f"{reason}"
        ) from None
    return device
