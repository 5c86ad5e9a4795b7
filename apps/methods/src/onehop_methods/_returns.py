"""Return classifiers as checkpoints: what a run that learns returns leaves.

    returns    the sizes of the network; units are among its tensors
    teacher    the configuration of the teacher in whose spaces plans are

The spaces' own tensors, which are statistics, stand beside the network's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from onehop_interfaces import BadInput, naming
from onehop_selectors import ReturnClassifier, ReturnSelector
from onehop_teachers import (
    DiffusionSpaces,
    DiffusionTeacher,
    check_statistics,
    checkpoint_in,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    within_budget,
)

__all__ = ["Returns", "load_returns", "save_returns"]


class Returns(NamedTuple):
    """A classifier, and the spaces that it knows plans in.

    Attributes:
        classifier: J.
        spaces: The teacher's.
    """

    classifier: ReturnClassifier
    spaces: DiffusionSpaces

    @property
    def module(self) -> nn.ModuleDict:
        """Both."""
        return nn.ModuleDict({"classifier": self.classifier, "spaces": self.spaces})

    @property
    def selector(self) -> ReturnSelector:
        """Ranks plans."""
        return ReturnSelector(self.classifier, self.spaces)


def save_returns(
    folder: str | Path,
    classifier: ReturnClassifier,
    teacher: DiffusionTeacher,
    provenance: Mapping[str, Any],
) -> None:
    """Write a classifier's checkpoint, whole or not at all.

    Raises:
        BadInput: if `folder` holds something else.
    """
    config = {"returns": classifier.config(), "teacher": teacher.config()}
    tensors = Returns(classifier, teacher.spaces).module.state_dict()
    save_checkpoint(folder, tensors, config, provenance)


def load_returns(folder: str | Path) -> Returns:
    """Read a classifier's checkpoint.

    Args:
        folder: The checkpoint, or the folder of the run that left it.

    Raises:
        BadInput: if it is not a complete and sound checkpoint of a classifier.
    """
    folder = checkpoint_in(folder)
    tensors, config, _ = load_checkpoint(folder)
    if "returns" not in config:
        raise BadInput(f"{folder}: expected a return classifier, got another")
    file = folder / "config.json"
    with within_budget(tensors, file):
        with naming(file):
            teacher = DiffusionTeacher.from_config(config.get("teacher"))
            classifier = ReturnClassifier.from_config(
                teacher.schedule, config["returns"]
            )
        found = Returns(classifier, teacher.spaces)
    load_weights(found.module, tensors, folder / "model.safetensors")
    check_statistics(found.spaces, [str(folder)])
    found.module.eval()
    return found
