import pytest
import torch

from onehop_consistency import (
    CD,
    CT,
    CDRecipe,
    CTMRecipe,
    CTRecipe,
    LCMRecipe,
    curriculum,
    ddim,
    even_steps,
    inverse_steps,
    ladder,
    pseudo_huber,
    rung_probabilities,
    squared_error,
)
from onehop_interfaces.exact import DiscreteVP
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import SmallDenoiser, check_distiller, check_policy

RECIPES = [CDRecipe, LCMRecipe, CTRecipe, CTMRecipe]
by_recipe = pytest.mark.parametrize("recipe", RECIPES)


def start(recipe, teacher, **options):
    """A distiller of a trainable copy, for a run of ten updates."""
    run = Run(10, torch.Generator().manual_seed(0))
    return recipe(lr=1e-3, **options).distiller(teacher, run)


@pytest.fixture
def trainable(mixture):
    def make(schedule=None, horizon: int = 1) -> SmallDenoiser:
        torch.manual_seed(7)
        return SmallDenoiser(mixture(schedule, horizon=horizon), cond_dim=2, width=16)

    return make


@by_recipe
def test_conforms(mixture, trainable, schedule, batch_of, recipe):
    teacher = trainable(schedule, horizon=2)
    batch = batch_of(mixture(schedule, horizon=2))
    check_distiller(lambda: start(recipe, teacher), batch, frozen=teacher)
    policy = start(recipe, teacher).policy
    assert policy.nfe == 1
    check_policy(policy, batch.obs)


@by_recipe
@pytest.mark.parametrize("head", ["x_at_t", "raw_as_x"])
def test_conforms_with_an_eps_teacher(
    mixture, trainable, eps_net, batch_of, recipe, head
):
    teacher = eps_net(trainable(DiscreteVP()))
    options = {"head": head, "cold": False, "nfe": 2}
    check_distiller(
        lambda: start(recipe, teacher, **options), batch_of(mixture()), frozen=teacher
    )


@by_recipe
def test_every_learned_part_receives_a_gradient(mixture, trainable, batch_of, recipe):
    teacher, batch = trainable(), batch_of(mixture())
    distiller = start(recipe, teacher)
    for _ in range(2):  # A trajectory's hidden layers wait for its last one.
        distiller.update(batch)
    assert all(p.grad.abs().sum() > 0 for p in distiller.student.parameters())
    kept = (*distiller.target.parameters(), *distiller.policy.parameters())
    assert all(p.grad is None for p in kept)


def test_consistency_training_never_calls_the_teacher(mixture, trainable, batch_of):
    teacher, batch = trainable(), batch_of(mixture())
    distiller = CT(teacher, CTRecipe(), Run(10))

    def refuse(*_) -> None:
        raise AssertionError("called")

    teacher.register_forward_pre_hook(refuse)
    distiller.update(batch)


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_target_follows_the_student(mixture, trainable, batch_of, decay):
    """The first update sets it to the student; from then on theta- moves by 1 - mu."""
    teacher, batch = trainable(), batch_of(mixture())
    cd = CD(teacher, CDRecipe(lr=1e-2, target_decay=decay), Run(9))
    cd.update(batch)
    weight, target = (s.net.layers[0].weight for s in (cd.student, cd.target))
    first = weight.detach().clone()
    assert torch.equal(target, first)
    cd.update(batch)
    torch.testing.assert_close(target, decay * first + (1 - decay) * weight)


@by_recipe
def test_teachers_of_few_times_are_distilled_too(mixture, trainable, batch_of, recipe):
    """A ladder has no more rungs than the schedule has times."""
    teacher = trainable(DiscreteVP(8))
    distiller = start(recipe, teacher)
    distiller.update(batch_of(mixture(DiscreteVP(8))))
    if recipe is not CTRecipe:
        assert distiller.times.tolist() == list(range(8))


def test_curriculum_doubles_up_to_the_end():
    """K' = floor(800 / (log2(1280 / 10) + 1)) = 100."""
    assert [curriculum(k, 800) for k in (0, 99, 100, 250, 699, 700, 10_000)] == [
        10, 10, 20, 40, 640, 1280, 1280,
    ]  # fmt: skip
    assert curriculum(0, 1) == 10


def test_rungs_are_drawn_from_the_log_normal(schedule):
    times = torch.tensor(ladder(schedule.domain, 20)).double()
    alpha_t, sigma_t = schedule(times)
    r = sigma_t / alpha_t
    p = rung_probabilities(r, p_mean=-0.5, p_std=1.5)
    draws = torch.randn(200_000, generator=torch.Generator().manual_seed(0)).double()
    drawn = (1.5 * draws - 0.5).exp()
    counts = torch.histogram(drawn, r).hist
    torch.testing.assert_close(p, counts / counts.sum(), atol=0.005, rtol=0)


def test_weights_of_a_step():
    r_t, r_s = torch.tensor([3.0]), torch.tensor([1.0])
    assert inverse_steps(r_t, r_s).item() == 0.5
    assert even_steps(r_t, r_s).item() == pytest.approx(10**0.5 / 2)


def test_manicm_s_ladder_is_the_teacher_s_ddim_10(mixture):
    """i in {9, 19, ..., 99}, and max(i - 10, 0) after it."""
    net = SmallDenoiser(mixture(DiscreteVP(100)), cond_dim=2, width=4)
    cd = start(LCMRecipe, net)
    assert cd.times.tolist() == [0, *range(9, 100, 10)]
    assert cd.solver is ddim
    assert cd.distance is squared_error


def test_recipes_carry_their_settings_over(trainable):
    teacher = trainable()
    common = {"nfe": 2, "r_max": 10.0, "head": "raw_as_x", "distance": "pseudo_huber"}
    cd = start(CDRecipe, teacher, rungs=7, solver="ddim", **common)
    ct = start(CTRecipe, teacher, s_0=3, s_1=9, w="inverse_steps", **common)
    ctm = start(CTMRecipe, teacher, dsm_weight=0.5, stop_width=4, **common)
    assert (len(cd.times), cd.solver) == (8, ddim)
    assert (ct.settings.s_0, ct.steps, ct.w) == (3, 10, inverse_steps)
    assert (ctm.settings.dsm_weight, ctm.policy.stop.width) == (0.5, 4)
    for distiller in (cd, ct, ctm):
        config = distiller.policy.config()
        assert distiller.distance is pseudo_huber
        assert (config["nfe"], config["head"]) == (2, "raw_as_x")
        assert config["t_init"] == pytest.approx(0.936549, abs=1e-6)


@by_recipe
def test_recipes_start_alike(trainable, recipe):
    """The same teacher and seed, the same student; the global generator untouched."""
    teacher, before = trainable(), torch.get_rng_state()
    one, other = (start(recipe, teacher, cold=True).policy for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(one.net.layers[0].weight, teacher.layers[0].weight)
    warm = start(recipe, teacher, cold=False).policy
    assert torch.equal(warm.net.layers[0].weight, teacher.layers[0].weight)
