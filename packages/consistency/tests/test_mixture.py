"""What the students keep of a mixture: modes, their weights, the distribution."""

import copy

import pytest
import torch
from torch import Tensor

from onehop_consistency import (
    CD,
    CT,
    CTM,
    CDRecipe,
    CTMRecipe,
    CTRecipe,
    StopTime,
    Student,
    time_at_ratio,
)
from onehop_interfaces.acting import decide
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import SmallDenoiser, energy_distance


def drawn(student, teacher, c: float, n: int = 2000) -> Tensor:
    obs = {"state": torch.full((n, 1, teacher.maps.shape[-1]), c)}
    plan = decide(student, obs, torch.Generator().manual_seed(1))
    return teacher.normalise(plan, obs)


def exact(teacher, c: float, seed: int, n: int = 2000) -> Tensor:
    cond = torch.full((n, teacher.maps.shape[-1]), c)
    return teacher.sample(cond, torch.Generator().manual_seed(seed))


def mode_weights(x: Tensor, teacher, c: float) -> Tensor:
    """Share of the chunks within 4 deviations of each mode, (K,)."""
    means = teacher.component_means(torch.full((1, teacher.maps.shape[-1]), c))
    distance = (x.flatten(1)[:, None] - means).norm(dim=-1)
    radius = 4 * teacher.variances[0].sum().sqrt()
    near = distance.min(dim=1)
    hits = near.indices[near.values < radius]
    return torch.bincount(hits, minlength=means.shape[1]) / len(x)


def assert_keeps_the_modes(student, untrained, teacher, weight: float, close: float):
    """Against exact resampling (the floor), the teacher's one step and no training."""
    for c in (-0.5, 0.5):
        truth = exact(teacher, c, seed=2)
        x = drawn(student, teacher, c)
        weights = mode_weights(x, teacher, c)
        torch.testing.assert_close(weights, teacher.weights, atol=weight, rtol=0)
        floor = energy_distance(exact(teacher, c, seed=3), truth)
        one_step = energy_distance(drawn(Student(teacher), teacher, c), truth)
        nothing = energy_distance(drawn(untrained, teacher, c), truth)
        ours = energy_distance(x, truth)
        assert floor < 0.01, "what is asked for is above chance"
        assert ours < close * min(one_step, nothing)


@pytest.fixture
def distil(warm, teach):
    """One of the methods on a mixture, in a few seconds."""

    def run(method: str, teacher) -> tuple[Student, Student]:
        torch.manual_seed(0)
        fresh = SmallDenoiser(teacher, cond_dim=2)
        cold = method == "ct"
        net = copy.deepcopy(fresh) if cold else warm(copy.deepcopy(fresh), teacher)
        t_init = None if method == "lcm" else time_at_ratio(teacher.schedule, 80.0)
        stop = StopTime(teacher.signature, 2, 64) if method == "ctm" else None
        student = Student(net, t_init=t_init, stop=stop)
        make, settings = {
            "cd": (CD, CDRecipe(lr=6e-3)),
            "lcm": (CD, CDRecipe(rungs=10, solver="ddim", lr=6e-3)),
            "ct": (CT, CTRecipe(lr=6e-3)),
            "ctm": (CTM, CTMRecipe(rungs=18, lr=6e-3)),
        }[method]
        run = Run(700, torch.Generator().manual_seed(0))
        distiller = make(teacher, settings, run, student)
        return teach(distiller, steps=700).policy, Student(fresh)

    return run


@pytest.mark.parametrize(
    ("method", "schedule", "weights", "horizon"),
    [
        ("cd", CosineVP(), (0.3, 0.7), 1),
        ("cd", VarianceExploding(0.02, 20.0), (0.5, 0.5), 4),
        ("lcm", DiscreteVP(), (0.2, 0.8), 1),
        ("ct", CosineVP(), (0.3, 0.7), 1),
        ("ctm", CosineVP(), (0.3, 0.7), 1),
    ],
    ids=["CD", "CD-VE-chunks", "LCM", "CT", "CTM"],
)
def test_modes_and_their_weights_are_kept(
    mixture, distil, method, schedule, weights, horizon
):
    teacher = mixture(schedule, weights, horizon)
    student, untrained = distil(method, teacher)
    assert_keeps_the_modes(student, untrained, teacher, weight=0.15, close=0.15)
    for nfe in (2, 3):
        config = student.config() | {"nfe": nfe}
        chain = Student.from_config(copy.deepcopy(student.net), config)
        chain.load_state_dict(student.state_dict())
        assert_keeps_the_modes(chain, untrained, teacher, weight=0.15, close=0.15)
