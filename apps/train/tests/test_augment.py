"""How a teacher of point clouds is shown its demonstrations."""

from pathlib import Path

import pytest
import torch

from onehop_interfaces import BadInput, Batch
from onehop_teachers import cloud_teacher, pusht_teacher
from onehop_train._augment import augment
from onehop_train._config import TeacherCommand


def command(**options) -> TeacherCommand:
    return TeacherCommand(data=Path("data"), out=Path("out"), **options)


def seen(**options) -> dict:
    obs = {"point_cloud": torch.zeros(3, 2, 20, 3), "agent_pos": torch.zeros(3, 2, 5)}
    shown = augment(command(**options), cloud_teacher(5, 2, points=20))
    return shown(Batch(obs, torch.zeros(3, 4, 2)), torch.Generator().manual_seed(0)).obs


def test_the_options_of_clouds_are_heeded():
    plain = seen()
    assert plain["point_cloud"].shape == (3, 2, 20, 3)
    assert not any(bool(value.any()) for value in plain.values())
    few = seen(drop_points=0.75, jitter=0.1, jitter_of=("point_cloud",))
    assert few["point_cloud"].shape == (3, 2, 5, 3)
    assert bool(few["point_cloud"].all())
    assert not few["agent_pos"].any()
    assert bool(seen(jitter=0.1)["agent_pos"].all())


def test_options_of_what_is_not_seen_are_refused():
    with pytest.raises(BadInput, match="--drop-points: expected a task of point cl"):
        augment(command(drop_points=0.5), pusht_teacher())
    with pytest.raises(
        BadInput, match=r"--jitter-of: expected some of \['keypoints'\]"
    ):
        augment(command(jitter_of=("image",)), pusht_teacher())
