"""What a policy of LeRobot sees and does, and how each is normalised.

Since 2025 a feature has a type, and a normalisation is of a type; before, shapes and
normalisations stood by the features' names:

    input_features {name: {type, shape}}       normalization_mapping {type: mode}
    input_shapes {name: shape}                 input_normalization_modes {name: mode}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onehop_interfaces import BadInput, whole

__all__ = ["ACTION", "Features"]

ACTION = "action"
STATE, ENVIRONMENT = "observation.state", "observation.environment_state"
IMAGE = "observation.image"
"""What names of cameras begin with."""
MODES = "MIN_MAX", "MEAN_STD", "IDENTITY"
MOST_NUMBERS = 2**20


@dataclass(frozen=True)
class Features:
    """What is seen, in the order of the condition, and what is done.

    Attributes:
        seen: Name -> shape of one frame.
        pictures: Names of those that are, (3, H, W).
        modes: Name -> how it is normalised, the action too.
    """

    seen: Mapping[str, tuple[int, ...]]
    pictures: Sequence[str]
    modes: Mapping[str, str]

    @classmethod
    def read(cls, config: Mapping[str, Any], where: str) -> Features:
        """From a policy's settings.

        Raises:
            BadInput: if it sees or normalises what is not known.
        """
        shapes, modes = _typed(config) if "input_features" in config else _plain(config)
        if ACTION not in modes:
            raise BadInput(f"{where}: expected a feature {ACTION!r}, got none")
        pictures = [name for name in shapes if name.startswith(IMAGE)]
        known = [n for n in (STATE, *pictures, ENVIRONMENT) if n in shapes]
        for name in shapes:
            if name not in known:
                raise BadInput(
                    f"{where}: expected {STATE}, {IMAGE}... and {ENVIRONMENT} alone to "
                    f"be seen, got {name!r}"
                )
        for name, mode in modes.items():
            if mode not in MODES:
                raise BadInput(
                    f"{where} {name}: expected one of {', '.join(MODES)}, got {mode!r}"
                )
        seen = {name: _shape(shapes[name], where) for name in known}
        return cls(seen, pictures, modes)


def _typed(config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    seen, done = dict(config["input_features"]), dict(config.get("output_features", {}))
    mapping = config.get("normalization_mapping", {})
    # A type that is not in the mapping is left as it is.
    modes = {n: mapping.get(f["type"], "IDENTITY") for n, f in (seen | done).items()}
    return {name: feature["shape"] for name, feature in seen.items()}, modes


def _plain(config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    modes = {
        **config.get("input_normalization_modes", {}),
        **config.get("output_normalization_modes", {}),
    }
    shapes = dict(config.get("input_shapes", {}))
    for name in (*shapes, ACTION):
        modes.setdefault(name, "IDENTITY")
    return shapes, {name: str(mode).upper() for name, mode in modes.items()}


def _shape(shape: Any, where: str) -> tuple[int, ...]:
    if not isinstance(shape, list):
        raise BadInput(f"{where}: expected a shape, got {shape!r}")
    return tuple(whole(size, f"{where} shape", 1, MOST_NUMBERS) for size in shape)
