import dataclasses

import pytest
import torch

from onehop_interfaces import Batch
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_distiller,
    check_policy,
    random_obs,
)
from onehop_koopman_fdk import DNKRecipe, KDMFRecipe, KDMRecipe

SMALL = {"latent": 8, "width": 16, "depth": 1, "teacher_steps": 3, "lr": 1e-3}
RECIPES = [
    DNKRecipe(**SMALL),
    DNKRecipe(**SMALL, transitions=2, passes=2),
    KDMRecipe(**SMALL),
    KDMFRecipe(**SMALL),
]
by_name = pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: type(r).__name__)
SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 10.0)]


@by_name
@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_conforms(recipe, schedule, mixture):
    teacher = mixture(schedule=schedule, horizon=3)
    obs = random_obs(teacher.signature, 16)
    batch = Batch(obs, torch.empty(16, 3, 2))

    def make():
        return recipe.distiller(teacher, Run(10, torch.Generator().manual_seed(0)))

    check_policy(make().policy, obs)
    check_distiller(make, batch, frozen=teacher)


@by_name
def test_gradients_reach_all_that_is_learned_and_nothing_frozen(recipe, mixture):
    teacher = SmallDenoiser(mixture(), cond_dim=2)
    distiller = recipe.distiller(teacher, Run(10))
    batch = Batch(random_obs(teacher.signature, 16), torch.empty(16, 1, 2))
    for _ in range(2):  # omega's first layer waits for its last, which starts at zero
        distiller.update(batch)
    assert all(p.grad is None for p in teacher.parameters())
    learned = [*distiller.student.parameters(), *distiller.objective.parameters()]
    assert all(p.grad is not None and bool((p.grad != 0).any()) for p in learned)


@by_name
def test_a_teacher_of_few_times_is_asked_at_all_of_them(recipe, mixture):
    teacher = mixture(schedule=DiscreteVP(8))
    recipe = dataclasses.replace(recipe, teacher_steps=10)
    distiller = recipe.distiller(teacher, Run(10))
    assert distiller.source.steps == 8
    distiller.update(Batch(random_obs(teacher.signature, 4), torch.empty(4, 1, 2)))
