"""Networks of other projects, adapted, through every method."""

import pytest
import torch
from torch import Tensor, nn

from onehop_interfaces import Batch, Signature
from onehop_interfaces.acting import OneCall
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import check_distiller, check_export, check_policy
from onehop_methods import METHODS
from onehop_teachers import diffusers_convention, flow_convention, foreign_teacher

EVERY_UPDATE = {"sdm": {"period": 1}}
TABLE = {
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "clip_sample": True,
    "clip_sample_range": 3.0,
}
CONVENTIONS = {
    "table": diffusers_convention(TABLE),
    "noise at one": flow_convention(noise_at=1),
    "noise at zero": flow_convention(noise_at=0, scale=1000.0),
}
SIGNATURE = Signature({"state": (3,)}, 2, 2, 1, 2, now=1)


class Network(nn.Module):
    """Another project's, with arguments of its own and an embedding of whole times."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.layers = nn.Sequential(nn.Linear(11, 16), nn.SiLU(), nn.Linear(16, 4))

    def forward(self, sample: Tensor, timestep: Tensor, global_cond: Tensor) -> Tensor:
        time = timestep[:, None] / self.scale
        return self.layers(torch.cat([sample.flatten(1), time, global_cond], 1))


def adapted(kind: str):
    torch.manual_seed(0)
    convention = CONVENTIONS[kind]
    return foreign_teacher(
        Network(1.0 if kind == "noise at one" else 1000.0),
        convention,
        SIGNATURE,
        encode=lambda obs: obs["state"].flatten(1),
        normalise=lambda actions, obs: (actions - 1) / 2,
        denormalise=lambda x, obs: x * 2 + 1,
        call=lambda net, x_t, t, cond: net(
            sample=x_t, timestep=t, global_cond=cond
        ).view_as(x_t),
    )


@pytest.fixture
def batch() -> Batch:
    g = torch.Generator().manual_seed(0)
    obs = {"state": torch.randn(8, 2, 3, generator=g, dtype=torch.float64)}
    return Batch(obs, torch.randn(8, 2, 2, generator=g))


@pytest.mark.parametrize("kind", CONVENTIONS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_takes_foreign_teachers(method, kind, batch):
    teacher = adapted(kind)

    def make():
        recipe = METHODS[method].recipe(**EVERY_UPDATE.get(method, {}))
        return recipe.distiller(teacher, Run(10, torch.Generator().manual_seed(0)))

    check_distiller(make, batch, frozen=teacher)
    check_policy(make().policy, batch.obs)


@pytest.mark.parametrize("kind", CONVENTIONS)
def test_their_students_can_be_exported(kind):
    obs = {"state": torch.randn(3, 2, 3)}
    check_export(OneCall(adapted(kind)).eval().requires_grad_(False), obs)
