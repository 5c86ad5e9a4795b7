"""Two checkpoints are the same if configuration and tensors are."""

import shutil

import pytest
import torch

from onehop_teachers import checkpoint_sha256, save_checkpoint

TENSORS = {"b": torch.arange(6.0).reshape(2, 3), "a": torch.tensor(1)}
CONFIG = {"kind": "test", "size": 3}


@pytest.fixture
def first(tmp_path):
    save_checkpoint(tmp_path / "first", TENSORS, CONFIG, {"seed": 1})
    return tmp_path / "first"


def test_neither_place_nor_origin_nor_order_matters(first, tmp_path):
    shutil.copytree(first, tmp_path / "copy")
    turned = dict(reversed(TENSORS.items())), dict(reversed(CONFIG.items()))
    save_checkpoint(tmp_path / "again", *turned, {"seed": 2})
    ours = {checkpoint_sha256(tmp_path / n) for n in ("first", "copy", "again")}
    assert len(ours) == 1
    assert len(ours.pop()) == 64


@pytest.mark.parametrize(
    ("tensors", "config"),
    [
        (TENSORS | {"b": TENSORS["b"] + 1e-6}, CONFIG),
        (TENSORS | {"b": TENSORS["b"].reshape(3, 2)}, CONFIG),
        (TENSORS | {"b": TENSORS["b"].double()}, CONFIG),
        (TENSORS | {"c": torch.zeros(1)}, CONFIG),
        (TENSORS, CONFIG | {"size": 4}),
    ],
)
def test_any_change_of_the_model_does(tensors, config, first, tmp_path):
    save_checkpoint(tmp_path / "other", tensors, config, {"seed": 1})
    assert checkpoint_sha256(first) != checkpoint_sha256(tmp_path / "other")
