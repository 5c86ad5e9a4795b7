"""Every method through the conformance kit, on a network that knows a mixture."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from onehop_interfaces import Batch, minimise
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    MixtureTeacher,
    VarianceExploding,
)
from onehop_interfaces.testing import SmallDenoiser, check_distiller, check_policy
from onehop_methods import METHODS

EVERY_UPDATE = {"sdm": {"period": 1}}
"""SDM's student moves on every fifth update only, by default."""

SCHEDULES = {"table": DiscreteVP(), "VP": CosineVP(), "VE": VarianceExploding()}


def mixture(schedule) -> MixtureTeacher:
    """Chunks of 2 x 2 numbers in two modes that the condition moves."""
    means = torch.tensor([[-1.0, 0.0, -1.0, 0.5], [1.0, 0.0, 1.0, 0.5]])
    covs = 0.04 * torch.eye(4).expand(2, 4, 4)
    maps = torch.full((2, 4, 1), 0.3)
    weights = torch.tensor([0.3, 0.7])
    return MixtureTeacher(
        weights, means, maps, covs, horizon=2, schedule=schedule, scale=2.0
    )


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_a_distiller_of_any_teacher(method, schedule):
    exact = mixture(SCHEDULES[schedule])
    torch.manual_seed(0)
    teacher = SmallDenoiser(exact, cond_dim=1, width=16)
    cond = torch.linspace(-1, 1, 8)[:, None]
    actions = 2.0 * exact.sample(cond, torch.Generator().manual_seed(0))
    batch = Batch({"state": cond[:, None]}, actions)

    def make():
        return (
            METHODS[method]
            .recipe(**EVERY_UPDATE.get(method, {}))
            .distiller(
                teacher,
                steps=10,
                generator=torch.Generator().manual_seed(0),
                minimise=minimise,
            )
        )

    check_distiller(make, batch, frozen=teacher)
    check_policy(make().policy, batch.obs)


SHARE_OF_THE_WAY = 0.9
"""How far a policy goes at least of the way that its student goes, in weights."""


def weights(module: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten().clone() for p in module.parameters()])


def share_of_the_way(distiller, start: Tensor) -> float:
    way = weights(distiller.student) - start
    return float((weights(distiller.policy) - start) @ way / way.square().sum())


@pytest.mark.parametrize("method", METHODS)
def test_a_short_run_hands_out_what_it_learnt(method):
    exact = mixture(CosineVP())
    torch.manual_seed(0)
    teacher = SmallDenoiser(exact, cond_dim=1, width=16)
    draw = torch.Generator().manual_seed(0)
    how = {"steps": 100, "generator": draw, "minimise": minimise}
    distiller = METHODS[method].recipe().distiller(teacher, **how)
    start = weights(distiller.student)
    for _ in range(100):
        cond = torch.randn(16, 1, generator=draw)
        actions = 2.0 * exact.sample(cond, draw)
        distiller.update(Batch({"state": cond[:, None]}, actions))
    assert share_of_the_way(distiller, start) >= SHARE_OF_THE_WAY


def test_the_readmes_example_hands_out_what_it_learnt(root: Path):
    """Its hundred updates, with a teacher that has not been trained."""
    readme = (root / "README.md").read_text("utf-8")
    example = readme.split("```python\n")[1].split("```")[0]
    before, training = example.split("for state in")
    names: dict = {}
    exec(before, names)
    start = weights(names["sds"].student)
    exec(f"for state in{training}", names)
    assert share_of_the_way(names["sds"], start) >= SHARE_OF_THE_WAY
