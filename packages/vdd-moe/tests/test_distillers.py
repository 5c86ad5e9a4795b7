"""The distillers: what the kit asks of all, and what they learn from exact teachers."""

import dataclasses
import itertools

import pytest
import torch

from onehop_interfaces import BadInput, Batch
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    VarianceExploding,
    gaussian_teacher,
)
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_distiller,
    check_policy,
    energy_distance,
    random_obs,
)
from onehop_vdd_moe import EMRecipe, IMCRecipe, Network, VDDRecipe, marginal_score

SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 10.0)]
by_name = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
SMALL = Network(width=32, blocks=1, head_width=32, gate_width=32, init_std=0.3)
RECIPES = [
    VDDRecipe(network=SMALL),
    EMRecipe(network=SMALL),
    IMCRecipe(network=dataclasses.replace(SMALL, std=0.1)),
]
by_method = pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: type(r).__name__)


def make(recipe, teacher, steps=100, seed=0):
    return recipe.distiller(teacher, Run(steps, torch.Generator().manual_seed(seed)))


@by_name
@by_method
def test_conforms(schedule, recipe, two_modes):
    teacher = two_modes(schedule)
    obs = random_obs(teacher.signature, 8)
    batch = Batch(obs, torch.randn(8, 1, 2))
    check_policy(make(recipe, teacher).policy, obs)
    check_distiller(lambda: make(recipe, teacher), batch, frozen=teacher)


@by_method
def test_gradients_reach_every_expert_and_no_teacher(recipe, two_modes):
    teacher = SmallDenoiser(two_modes(), cond_dim=2)
    distiller = make(recipe, teacher)
    obs = random_obs(teacher.signature, 8)
    distiller.update(Batch(obs, torch.randn(8, 1, 2)))
    assert all(p.grad is None for p in teacher.parameters())
    learned = list(distiller.student.experts.parameters())
    assert all(p.grad is not None and p.grad.any() for p in learned)
    mixture = distiller.policy.mixture(obs)
    assert mixture.means.isfinite().all()


@by_method
def test_half_precision_networks_give_single_precision_mixtures(recipe, two_modes):
    distiller = make(recipe, two_modes())
    obs = random_obs(distiller.student.signature, 8)
    with torch.autocast("cpu", torch.bfloat16):
        metrics = distiller.update(Batch(obs, torch.randn(8, 1, 2)))
        mixture = distiller.student.mixture(obs)
    assert all(tensor.dtype == torch.float32 for tensor in mixture)
    assert all(value == value for value in metrics.values())


def test_recipes_carry_their_settings_over(three_chunks):
    teacher = three_chunks()
    before = torch.get_rng_state()
    vdd = make(
        VDDRecipe(network=SMALL, score="marginal_score", draw="expert_sample"), teacher
    )
    assert vdd.settings.bound.score is marginal_score
    assert vdd.policy.config()["draw"] == "expert_sample"
    assert vdd.policy.config()["network"] == dataclasses.asdict(SMALL)
    assert make(RECIPES[2], teacher).weigh.eta == 6.0, "the numbers in a chunk"
    assert torch.equal(before, torch.get_rng_state())
    first, again = (make(RECIPES[0], teacher).student.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)


@by_name
def test_on_the_gaussian_vdd_finds_mean_and_covariance(schedule, train, kl):
    """Within .05 of a mean near (1.5, 1.5); variances within 25 % of the truth.

    t is small, so the teacher's smoothing adds next to nothing.
    """
    cov = torch.tensor([[0.04, 0.06], [0.06, 0.25]])
    linear = torch.tensor([[1.0], [-1.0]])
    teacher = gaussian_teacher(torch.tensor([1.0, 2.0]), linear, cov, schedule=schedule)
    network = dataclasses.replace(SMALL, experts=1)
    recipe = VDDRecipe(network=network, lr=5e-3, t_range=(0.0, 0.06))
    policy = train(make(recipe, teacher, steps=200), teacher, 200).policy
    mixture = policy.experts(torch.tensor([[0.5]]))
    expected = torch.tensor([1.5, 1.5])
    torch.testing.assert_close(mixture.means[0, 0], expected, rtol=0, atol=0.05)
    chol = mixture.chols[0, 0]
    torch.testing.assert_close(chol @ chol.T, cov, rtol=0.25, atol=0.01)
    assert kl(policy, teacher) < 0.1


@pytest.fixture(scope="module", params=["CosineVP", "VarianceExploding", "chunks"])
def trained(request, two_modes, three_chunks, train, kl):
    """(teacher, untrained student, trained student, KL after every 25 rounds)."""
    exploding, chunks = request.param == "VarianceExploding", request.param == "chunks"
    schedule = VarianceExploding() if exploding else CosineVP()
    teacher = (three_chunks if chunks else two_modes)(schedule)
    network = dataclasses.replace(SMALL, experts=12 if chunks else 8, mean_bound=1.5)
    t_range = (0.0, 0.2) if exploding else (0.0, 0.04)
    recipe = VDDRecipe(network=network, lr=4e-3, t_range=t_range)
    vdd, start = make(recipe, teacher, 200), make(recipe, teacher, 200).policy
    kls = [kl(vdd.policy, teacher)]

    def after(step: int) -> None:
        if step % 25 == 0:
            kls.append(kl(vdd.policy, teacher))

    train(vdd, teacher, 200, after)
    return teacher, start, vdd.policy, kls


def test_kl_to_the_teacher_falls_over_em_rounds(trained, forward_kl):
    """By a tenth and more per 25 rounds, until little is left of it, in nats."""
    teacher, _, policy, kls = trained
    for before, later in itertools.pairwise(kls):
        assert later < max(0.9 * before, 0.1)
    assert kls[0] > 10
    assert kls[-1] < 0.1
    assert forward_kl(policy, teacher) < 0.1, "no mode is missing"


def test_modes_and_weights(trained, draw_samples, draw_conditions, mode_weights):
    teacher, _, policy, _ = trained
    cond = draw_conditions(teacher, 4000, seed=5)
    share, inside = mode_weights(draw_samples(policy, cond), teacher, cond)
    torch.testing.assert_close(share, teacher.weights, rtol=0, atol=0.05)
    assert inside > 0.99, "nothing between the modes"


def test_energy_distance(trained, draw_samples, draw_conditions):
    teacher, start, policy, _ = trained
    cond = draw_conditions(teacher, 2000, seed=6)
    draw = torch.Generator().manual_seed(8)
    exact, floor = (teacher.sample(cond, draw) for _ in range(2))
    noise = torch.randn(exact.shape, generator=draw)
    t = torch.full((2000,), teacher.schedule.domain.t_max)
    one_step = teacher(teacher.schedule(t)[1][:, None, None] * noise, t, cond)
    student = energy_distance(draw_samples(policy, cond), exact)
    assert energy_distance(floor, exact) < 0.01
    assert student < 0.05
    assert student < 0.2 * energy_distance(one_step, exact), "its mean, whatever z"
    assert student < 0.2 * energy_distance(draw_samples(start, cond), exact)


@pytest.mark.parametrize(("on_the_left", "lighter"), [(0, 0.0), (1, 0.3)])
def test_a_mode_needs_an_expert_that_starts_nearest_to_it(
    on_the_left, lighter, two_modes, train, mode_weights, draw_samples, draw_conditions
):
    """The score leads to the nearest mode; a mode that is nobody's is lost."""
    teacher = two_modes()
    network = dataclasses.replace(SMALL, experts=4)
    recipe = VDDRecipe(network=network, lr=4e-3, t_range=(0.0, 0.04))
    vdd = make(recipe, teacher, 150)
    starts = vdd.student.experts.mean[-1].bias.data.view(4, 2)
    starts[:] = torch.tensor([0.8, 0.0])
    starts[:on_the_left, 0] = -0.8
    policy = train(vdd, teacher, 150).policy
    cond = draw_conditions(teacher, 2000, seed=5)
    share, _ = mode_weights(draw_samples(policy, cond), teacher, cond)
    assert share[0].item() == pytest.approx(lighter, abs=0.05)


def test_a_start_from_data_is_em_and_ends_in_time(two_modes):
    teacher = two_modes()
    obs = random_obs(teacher.signature, 16)
    batch = Batch(
        obs, torch.randn(16, 1, 2, generator=torch.Generator().manual_seed(3))
    )
    half = dataclasses.replace(RECIPES[0], from_data=0.5, expert_steps=1)
    vdd, em = make(half, teacher, steps=2), make(RECIPES[1], teacher, steps=2)
    vdd.update(batch)
    em.update(batch)
    same = zip(
        vdd.student.experts.expert_parameters(),
        em.student.experts.expert_parameters(),
        strict=True,
    )
    assert all(torch.equal(a, b) for a, b in same)
    before = vdd.generator.get_state()
    vdd.update(batch)
    assert not torch.equal(before, vdd.generator.get_state()), (
        "the teacher is asked now"
    )


def test_a_share_is_a_share(two_modes):
    with pytest.raises(BadInput, match="from_data: expected 0 to 1, got 2"):
        make(VDDRecipe(from_data=2.0), two_modes())
