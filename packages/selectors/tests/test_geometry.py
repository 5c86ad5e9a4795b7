"""Distances, against points on the surface."""

import pytest
import torch

from onehop_selectors import Ball, Box, clearance, effort

BALL = Ball((0.5, -0.25, 1.0), 0.75)
BOX = Box((-0.5, 0.25, 0.0), (0.5, 0.25, 1.0))


def on_the_ball(n: int, draw) -> torch.Tensor:
    way = torch.randn(n, 3, generator=draw)
    return torch.tensor(BALL.centre) + BALL.radius * way / way.norm(dim=1, keepdim=True)


def on_the_box(n: int, draw) -> torch.Tensor:
    """Each point on one of the six sides."""
    unit = 2 * torch.rand(n, 3, generator=draw) - 1
    side = torch.randint(3, (n,), generator=draw)
    unit[torch.arange(n), side] = unit[torch.arange(n), side].sign()
    return torch.tensor(BOX.centre) + torch.tensor(BOX.half) * unit


@pytest.mark.parametrize(
    ("body", "surface"), [(BALL, on_the_ball), (BOX, on_the_box)], ids=["ball", "box"]
)
def test_distance_is_to_the_nearest_point_of_the_surface(body, surface):
    draw = torch.Generator().manual_seed(0)
    shell = surface(200_000, draw)
    points = 4 * torch.rand(64, 3, generator=draw) - 2
    nearest = torch.cdist(points, shell).amin(1)
    came = body.distance(points)
    torch.testing.assert_close(came.abs(), nearest, atol=0.02, rtol=0)
    assert (body.distance(torch.tensor(body.centre)) < 0).all()
    torch.testing.assert_close(
        body.distance(shell[:100]), torch.zeros(100), atol=1e-5, rtol=0
    )


def test_clearance_is_the_worst_moment_of_the_worst_obstacle():
    path = torch.tensor([[-3.0, 0.0, 0.0], [0.5, -0.25, 2.0], [3.0, 0.0, 0.0]])
    far = path + torch.tensor([0.0, 10.0, 0.0])
    scores = clearance(torch.stack([path, far])[None], [BALL, BOX])
    assert scores.shape == (1, 2)
    assert scores[0, 0] == pytest.approx(0.25)
    assert scores[0, 1] > 8


def test_effort_is_of_steps_alone():
    still = torch.ones(1, 1, 5, 2)
    there_and_back = torch.tensor([0.0, 1.0, 0.0])[None, None, :, None]
    assert effort(still).tolist() == [[0.0]]
    assert effort(there_and_back + 7).tolist() == [[2.0]]
