import pytest
import torch

from onehop_interfaces import BadInput, Batch
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import SmallDenoiser, random_obs, same_state
from onehop_sdm import (
    DDIMTimes,
    OneDPRecipe,
    SDMRecipe,
    Uniform,
    batch_wide,
    off,
    one,
    sigma_squared,
    snr,
)


def make(recipe, teacher):
    return recipe.distiller(teacher, Run(1))


@pytest.mark.parametrize("recipe", [SDMRecipe(), OneDPRecipe()])
def test_generator_and_score_net_start_as_the_teacher(mixture, recipe):
    teacher = SmallDenoiser(mixture(), cond_dim=1)
    sdm = make(recipe, teacher)
    for net in (sdm.student.net, sdm.score_net, sdm.policy.net):
        assert net is not teacher
        assert same_state(net.state_dict(), teacher.state_dict())
    assert sdm.student.net is not sdm.score_net
    obs = random_obs(teacher.signature, 4)
    assert sdm.update(Batch(obs, torch.empty(4, 1, 2)))["loss"] > 0
    assert all(p.grad is None for p in teacher.parameters())


@pytest.mark.parametrize(("cold", "score_cold"), [(True, False), (False, True)])
def test_either_net_may_start_cold(mixture, cold, score_cold):
    teacher = SmallDenoiser(mixture(), cond_dim=1)
    sdm = make(SDMRecipe(cold=cold, score_cold=score_cold), teacher)
    nets = sdm.student.net, sdm.in_training.net, sdm.policy.net, sdm.score_net
    for net, fresh in zip(nets, (cold, cold, cold, score_cold), strict=True):
        for ours, taught in zip(net.parameters(), teacher.parameters(), strict=True):
            assert torch.equal(ours, taught) != fresh
    assert sdm.in_training.net is sdm.student.net
    assert same_state(
        sdm.student.spaces.spaces.state_dict(), teacher.spaces.state_dict()
    )


def test_onedp_is_sdm_with_its_own_constants(mixture):
    sdm = make(OneDPRecipe(lam="snr"), SmallDenoiser(mixture(schedule=DiscreteVP()), 1))
    how = sdm.settings
    assert (how.period, sdm.policy.t_init) == (1, 65.0)
    assert (how.weight, how.score_weight, how.divisor) == (sigma_squared, snr, off)
    assert how.draw_t == Uniform(0.02, 0.95)


def test_sdm_carries_its_settings_over(mixture):
    teacher = SmallDenoiser(mixture(), cond_dim=1)
    recipe = SDMRecipe(
        t_init=0.5, period=3, normaliser="batch_wide", w="one", lam="snr",
        lr=1e-3, score_lr=2e-3, betas=(0.95, 0.9), ddim_times=True,
    )  # fmt: skip
    sdm = make(recipe, teacher)
    how = sdm.settings
    assert (sdm.policy.t_init, sdm.train_encoder) == (0.5, False)
    assert (how.weight, how.score_weight, how.divisor) == (one, snr, batch_wide)
    assert how.draw_t == DDIMTimes(10)
    rates = [o.defaults["lr"] for o in (sdm.optimizer, sdm.score_optimizer)]
    assert rates == [1e-3, 2e-3]
    assert sdm.optimizer.defaults["betas"] == (0.95, 0.9)


@pytest.mark.parametrize(
    ("schedule", "trained", "acts"),
    [
        (DiscreteVP(), 99.0, 98.0),
        (DiscreteVP(8), 7.0, 6.0),
        (CosineVP(), 0.999, 0.989010101),
        (VarianceExploding(), 1.0, 1 - 1 / 99),
    ],
)
def test_off_by_one_acts_a_step_from_where_it_trains(mixture, schedule, trained, acts):
    teacher = SmallDenoiser(mixture(schedule=schedule), cond_dim=1)
    sdm = make(SDMRecipe(off_by_one=True), teacher)
    assert sdm.in_training.t_init == pytest.approx(trained)
    assert sdm.policy.t_init == pytest.approx(acts)
    assert sdm.in_training.net is sdm.student.net


def test_an_impossible_period_is_refused(mixture):
    with pytest.raises(BadInput, match="period: expected at least 1, got 0"):
        make(SDMRecipe(period=0), SmallDenoiser(mixture(), cond_dim=1))
