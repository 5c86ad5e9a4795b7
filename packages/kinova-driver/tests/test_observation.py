import numpy as np

from onehop_kinova_driver import Box, Scene, Sphere, observed


def test_by_hand() -> None:
    ball = Sphere((0.25, 0.5, 0.75), 0.0625)
    box = Box((0.5, 0.0, 0.25), (0.125, 0.25, 0.5))
    scene = Scene((ball,), (box,), margin=0.5)
    frame = observed((1.0, 2.0, 3.0), (7.0, 8.0, 9.0), scene)
    assert {name: array.dtype for name, array in frame.items()} == dict.fromkeys(
        ("position", "goal", "obstacles"), np.float32
    )
    assert frame["position"].tolist() == [1, 2, 3]
    assert frame["goal"].tolist() == [7, 8, 9]
    assert frame["obstacles"].tolist() == [
        [0.25, 0.5, 0.75, 0.5625, 0.5625, 0.5625],
        [0.5, 0.0, 0.25, 0.625, 0.75, 1.0],
    ]


def test_nothing_in_the_way() -> None:
    nowhere = (0.0, 0.0, 0.0)
    assert observed(nowhere, nowhere, Scene())["obstacles"].shape == (0, 6)
