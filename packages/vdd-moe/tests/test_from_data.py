"""EM and IMC on exact data."""

import dataclasses

import torch

from onehop_interfaces.learning import Run
from onehop_vdd_moe import EMRecipe, IMCRecipe, Network

SMALL = Network(
    experts=8, width=32, blocks=1, head_width=32, gate_width=32, init_std=0.3
)


def make(recipe, teacher, steps):
    draw = torch.Generator().manual_seed(0)
    return recipe.distiller(teacher, Run(steps, draw))


def test_em_matches_the_data(
    two_modes, train, kl, forward_kl, mode_weights, draw_samples, draw_conditions
):
    teacher = two_modes()
    em = make(EMRecipe(network=SMALL, lr=4e-3), teacher, 200)
    before = forward_kl(em.policy, teacher)
    policy = train(em, teacher, 200).policy
    assert forward_kl(policy, teacher) < 0.1 < before
    assert kl(policy, teacher) < 0.2
    cond = draw_conditions(teacher, 4000, seed=5)
    share, inside = mode_weights(draw_samples(policy, cond), teacher, cond)
    torch.testing.assert_close(share, teacher.weights, rtol=0, atol=0.05)
    assert inside > 0.99


def test_em_keeps_every_path(
    three_chunks, train, mode_weights, draw_samples, draw_conditions
):
    teacher = three_chunks()
    em = make(EMRecipe(network=SMALL, lr=4e-3), teacher, 150)
    policy = train(em, teacher, 150).policy
    cond = draw_conditions(teacher, 4000, seed=5)
    share, inside = mode_weights(draw_samples(policy, cond), teacher, cond)
    assert share.min() > 0.1
    assert inside > 0.98


def test_one_imc_expert_picks_a_mode_where_em_averages(
    two_modes, train, draw_conditions
):
    """The curriculum's point: what cannot be represented is left out."""
    teacher, away = two_modes(), {}
    one = dataclasses.replace(SMALL, experts=1, std=0.3)
    for name, recipe in (
        ("EM", EMRecipe(network=one, lr=4e-3)),
        ("IMC", IMCRecipe(network=one, eta=2.0, lr=4e-3)),
    ):
        policy = train(make(recipe, teacher, 200), teacher, 200).policy
        cond = draw_conditions(teacher, 500, seed=5)
        with torch.no_grad():
            means = policy.experts(cond).means
        distances = (means - teacher.component_means(cond)).norm(dim=-1)
        away[name] = distances.amin(-1).mean()
    assert away["EM"] > 0.5, "the mean of the data lies between the modes"
    assert away["IMC"] < 0.15


def test_imc_experts_cover_the_modes(
    three_chunks, train, mode_weights, draw_conditions
):
    teacher = three_chunks()
    recipe = IMCRecipe(network=dataclasses.replace(SMALL, std=0.2), lr=4e-3)
    policy = train(make(recipe, teacher, 200), teacher, 200).policy
    cond = draw_conditions(teacher, 2000, seed=5)
    x = policy({"state": cond[:, None]}, torch.Generator().manual_seed(0))
    share, inside = mode_weights(x, teacher, cond)
    assert share.min() > 0.1
    assert inside > 0.9
