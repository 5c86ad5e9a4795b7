from collections.abc import Callable

import pytest
import torch

from onehop_interfaces import Batch, Schedule, Signature
from onehop_teachers import (
    DiffusionTeacher,
    Flatten,
    Preconditioning,
    PredictX,
    ResidualMLP,
    ScaledActions,
    SquaredCosine,
)

MakeTeacher = Callable[..., DiffusionTeacher]


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def batch(generator: torch.Generator) -> Batch:
    """Observations (64, 2, 3) and actions (64, 4, 2) far from standard normal."""
    state = 5 + 3 * torch.randn(64, 2, 3, generator=generator)
    noise = torch.randn(64, 4, 2, generator=generator)
    actions = 10 * state[:, -1:, :2] + 20 * noise
    return Batch({"state": state}, actions)


@pytest.fixture
def make_teacher(batch: Batch) -> MakeTeacher:
    """A small teacher of any schedule and parametrisation, its statistics fitted."""

    def make(
        schedule: Schedule | None = None,
        preconditioning: Preconditioning | None = None,
        width: int = 32,
    ) -> DiffusionTeacher:
        torch.manual_seed(0)
        signature = Signature({"state": (3,)}, 2, 4, 2, 2)
        encoder = Flatten({"state": (3,)}, n_obs=2)
        return DiffusionTeacher(
            signature,
            schedule or SquaredCosine(),
            preconditioning or PredictX(),
            ResidualMLP(4, 2, encoder.cond_dim, width=width, blocks=1, time_dim=16),
            encoder,
            ScaledActions(2),
        ).fit(batch.obs, batch.actions)

    return make
