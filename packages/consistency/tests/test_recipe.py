"""Recipes hand on what they say, and students give actions."""

import math

import torch
from torch import Tensor

from onehop_consistency import (
    CDRecipe,
    CTMRecipe,
    CTRecipe,
    LCMRecipe,
    Student,
    ddim,
    heun,
)
from onehop_interfaces import minimise
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import SmallDenoiser, random_obs


def test_recipes_hand_on_what_an_update_depends_on(mixture, batch_of):
    teacher, batch = SmallDenoiser(mixture(), cond_dim=2), batch_of(mixture())

    def made(recipe):
        seen = []

        def note(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
            seen.append(optimizer)
            minimise(loss, optimizer)

        run = Run(9, torch.Generator().manual_seed(0), note)
        distiller = recipe.distiller(teacher, run)
        distiller.update(batch)
        assert seen == [distiller.optimizer]
        assert distiller.optimizer.defaults["lr"] == recipe.lr
        return distiller

    cd = made(CDRecipe(lr=0.5, target_decay=0.25, rungs=7))
    lcm = made(LCMRecipe(lr=0.5, target_decay=0.25))
    ct = made(CTRecipe(lr=0.5, target_decay=0.25, p_mean=-0.3, p_std=1.1))
    ctm = made(
        CTMRecipe(lr=0.5, target_decay=0.25, rungs=7, solver="ddim", sigma_data=0.9)
    )
    assert (len(cd.times), len(lcm.times), len(ctm.times)) == (8, 11, 8)
    assert (cd.solver, lcm.solver, ctm.solver) == (heun, ddim, ddim)
    assert (ct.settings.p_mean, ct.settings.p_std) == (-0.3, 1.1)
    assert ctm.settings.sigma_data == 0.9
    for distiller in (cd, lcm, ct, ctm):
        before = distiller.target.net.layers[0].weight.clone()
        distiller.update(batch)
        weight = distiller.student.net.layers[0].weight
        expected = 0.25 * before + 0.75 * weight
        torch.testing.assert_close(distiller.target.net.layers[0].weight, expected)
    assert math.isclose(cd.student.domain.t_max, ct.student.domain.t_max)


def test_decisions_are_denormalised(mixture):
    teacher = mixture()
    student = Student(SmallDenoiser(teacher, cond_dim=2, width=16))
    obs = random_obs(teacher.signature, 4)
    noise = torch.randn(4, 1, 1, 2)
    x = student.generate(noise, student.net.encode(obs))
    torch.testing.assert_close(student.act(obs, noise), 2 * x)
