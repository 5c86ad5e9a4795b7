"""Every method through the conformance kit, on a network that knows a mixture."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from onehop_interfaces import Batch, Signature
from onehop_interfaces.acting import OneCall
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    MixtureTeacher,
    VarianceExploding,
)
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_distiller,
    check_policy,
    same_state,
)
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
        recipe = METHODS[method].recipe(**EVERY_UPDATE.get(method, {}))
        return recipe.distiller(teacher, Run(10, torch.Generator().manual_seed(0)))

    check_distiller(make, batch, frozen=teacher)
    check_policy(make().policy, batch.obs)


@dataclass(frozen=True)
class Kind:
    """A teacher of some kind, and a batch for it."""

    teacher: SmallDenoiser
    batch: Batch


def kind(signature: Signature, schedule=None) -> Kind:
    """A network, untrained, with this signature, whose condition is one number."""
    exact = mixture(schedule or DiscreteVP())
    torch.manual_seed(0)
    teacher = SmallDenoiser(exact, cond_dim=1, width=16)
    teacher.signature = signature
    cond = torch.linspace(-1, 1, 8)[:, None]
    plans = 2.0 * exact.sample(cond, torch.Generator().manual_seed(0))
    plans = plans.reshape(8, *signature.chunk)
    return Kind(teacher, Batch({"state": cond[:, None]}, plans))


class Planner(SmallDenoiser):
    """Plans states beside actions, from the state now: it is the condition.

    It stands in row 0 of what goes in and of what comes out, at every noise level.
    """

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        return self.held(super().forward(self.held(x_t, cond), t, cond), cond)

    network = forward

    def held(self, x: Tensor, cond: Tensor) -> Tensor:
        now = torch.cat([cond[:, None], x[:, :1, 1:]], 2)
        return torch.cat([now, x[:, 1:]], 1)


class Pictures(nn.Module):
    """Spaces of a picture, as bytes, and a number, seen by layers that have weights."""

    def __init__(self, signature: Signature) -> None:
        super().__init__()
        self.signature = signature
        self.seen = nn.Linear(4 * 4 * 3, 2)

    def encode(self, obs):
        picture = self.seen(obs["image"].flatten(1) / 255)
        return torch.cat([picture, obs["number"].flatten(1)], 1)

    def normalise(self, actions, obs):
        return actions / 2

    def denormalise(self, x, obs):
        return x * 2


def planner() -> Kind:
    signature = Signature({"state": (1,)}, 1, 2, 2, 1, state_dim=1)
    made = kind(signature)
    made.teacher.__class__ = Planner
    return made


def seeing() -> Kind:
    obs = {"image": (4, 4, 3), "number": ()}
    exact, signature = mixture(DiscreteVP()), Signature(obs, 1, 2, 2, 2)
    torch.manual_seed(0)
    teacher = SmallDenoiser(exact, cond_dim=3, width=16)
    teacher.spaces, teacher.signature = Pictures(signature), signature
    image = torch.randint(256, (8, 1, 4, 4, 3), dtype=torch.uint8)
    return Kind(
        teacher,
        Batch({"image": image, "number": torch.randn(8, 1)}, torch.randn(8, 2, 2)),
    )


KINDS = {
    "eight times": lambda: kind(Signature({"state": (1,)}, 1, 2, 2, 2), DiscreteVP(8)),
    "plans from the past": lambda: kind(Signature({"state": (1,)}, 1, 2, 1, 2, now=1)),
    "planned states": planner,
    "pictures": seeing,
    "pictures, and learning to see": seeing,
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_takes_every_kind_of_teacher(method, name):
    made, learns = KINDS[name](), name.endswith("see")
    settings = {"train_encoder": learns, **EVERY_UPDATE.get(method, {})}

    def make():
        run = Run(10, torch.Generator().manual_seed(0))
        return METHODS[method].recipe(**settings).distiller(made.teacher, run)

    check_distiller(make, made.batch, frozen=made.teacher)
    distiller = make()
    check_policy(distiller.policy, made.batch.obs)
    if "see" in name or "pictures" in name:
        before = encoder_of(distiller.student)
        distiller.update(made.batch)
        assert same_state(before, encoder_of(distiller.student)) is not learns


def encoder_of(student: nn.Module) -> dict:
    """Weights of the layers that see, wherever the student keeps them."""
    state = student.state_dict()
    return {name: w.clone() for name, w in state.items() if "seen." in name}


def test_a_planner_s_student_begins_where_the_planner_stands():
    made = planner()
    student = OneCall(made.teacher)
    plan = student.act(made.batch.obs, torch.randn(8, 2, 2))
    state = made.batch.obs["state"][:, 0, 0]
    torch.testing.assert_close(plan[:, 0, 0], 2 * state)
    assert student.signature.due(plan).shape == (8, 2, 1), "actions alone are due"


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
    distiller = METHODS[method].recipe().distiller(teacher, Run(100, draw))
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
