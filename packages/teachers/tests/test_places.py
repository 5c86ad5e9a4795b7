import pytest
import torch
from torch.testing import assert_close

from onehop_teachers import RelativePlaces, kinova_teacher


def encoder() -> RelativePlaces:
    return RelativePlaces("tool", {"goal": (2,), "balls": (2, 3)}, {"v": (2,)}, dim=2)


def test_by_hand() -> None:
    made = encoder()
    made.standardise.mean.zero_()
    made.standardise.std.fill_(1.0)
    obs = {
        "v": torch.tensor([[[0.5, 0.25]]]),
        "goal": torch.tensor([[[4.0, 6.0]]]),
        "tool": torch.tensor([[[1.0, 2.0]]]),
        "balls": torch.tensor([[[[1.0, 1.0, 9.0], [3.0, 2.0, 8.0]]]]),
    }
    seen = [3.0, 4.0, 0.0, -1.0, 9.0, 2.0, 0.0, 8.0]
    assert_close(made(obs), torch.tensor([[*seen, 0.5, 0.25, 1.0, 2.0]]))


def test_the_latest_frame_of_several_counts() -> None:
    made, shapes = encoder(), {"tool": (2,), "goal": (2,), "balls": (2, 3), "v": (2,)}
    obs = {name: torch.randn(5, 3, *shape) for name, shape in shapes.items()}
    made.fit(obs)
    cond = made(obs)
    assert cond.shape == (5, made.cond_dim)
    latest = {name: frames[:, -1:] for name, frames in obs.items()}
    assert_close(made(latest), cond, rtol=0, atol=0)


@pytest.mark.parametrize("far", [0.0, 0.3])
def test_where_all_is_moves_its_own_place_alone(far: float) -> None:
    teacher = kinova_teacher()
    shapes = teacher.signature.obs
    obs = {name: torch.rand(64, 1, *shape) for name, shape in shapes.items()}
    teacher.encoder.fit(obs)
    moved = {name: frames.clone() for name, frames in obs.items()}
    for name in ("position", "goal", "obstacles"):
        moved[name][..., :3] += far
    change = teacher.encoder(moved) - teacher.encoder(obs)
    assert_close(change[:, :-3], torch.zeros(64, teacher.encoder.cond_dim - 3))
    assert bool((change[:, -3:].abs() > 0).all()) == (far > 0)
