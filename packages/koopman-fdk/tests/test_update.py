"""One update in numbers: pairs, passes, weights of terms, the clipped step."""

import dataclasses

import pytest
import torch
from torch import Tensor

from onehop_interfaces import Batch, minimise
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    SmallDenoiser,
    calls_of,
    check_normal,
    random_obs,
)
from onehop_koopman_fdk import (
    DNKRecipe,
    FromTeacher,
    KDMFRecipe,
    KDMRecipe,
    KoopmanDistiller,
    Temperatures,
)

SMALL = {"latent": 6, "width": 12, "depth": 1, "teacher_steps": 3}
RECIPES = [DNKRecipe(**SMALL), KDMRecipe(**SMALL), KDMFRecipe(**SMALL)]
by_name = pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: type(r).__name__)
SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 10.0)]


def start(recipe, teacher, *, steps: int = 8, **settings):
    """A distiller, and the losses it will have stepped down."""
    losses: list[float] = []

    def note(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        losses.append(float(loss.detach()))
        minimise(loss, optimizer)

    run = Run(steps, torch.Generator().manual_seed(0), note)
    made = dataclasses.replace(recipe, **settings).distiller(teacher, run)
    return made, losses


def batch_of(teacher, examples: int = 8) -> Batch:
    obs = random_obs(teacher.signature, examples)
    return Batch(obs, torch.empty(examples, teacher.signature.horizon, 2))


def learned(distiller) -> list[Tensor]:
    both = (*distiller.student.parameters(), *distiller.objective.parameters())
    return [p for p in both if p.requires_grad]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_pairs_are_the_teacher_s_map_of_scaled_noise(schedule, mixture):
    teacher = mixture(schedule=schedule)
    calls, batch = calls_of(teacher), batch_of(teacher, 2000)
    source = FromTeacher(teacher, steps=3, temperatures=Temperatures((0.5,), (1.0,)))
    pairs = source(batch, torch.Generator().manual_seed(0))
    assert len(calls) == 3
    check_normal(pairs.prior / 0.5)
    x_T, t, cond, _ = calls[0]
    assert bool((t == schedule.domain.t_max).all())
    scale = torch.stack(schedule(t[:1])).norm()
    torch.testing.assert_close(x_T, scale * pairs.prior)
    torch.testing.assert_close(cond, batch.obs["state"][:, -1])
    torch.testing.assert_close(pairs.cond, cond)
    assert torch.equal(pairs.x, calls[-1][3])
    assert bool((pairs.weight == 1).all())


@by_name
@pytest.mark.parametrize("passes", [1, 3])
def test_passes_share_a_batch_of_pairs(recipe, passes, mixture):
    teacher = mixture()
    distiller, losses = start(recipe, teacher, passes=passes, lr=1e-2)
    calls = calls_of(teacher)
    for n in (1, 2):
        told = distiller.update(batch_of(teacher))
        assert (len(losses), len(calls)) == (n * passes, 3 * n)
        assert told["loss"] == pytest.approx(losses[-1])
    assert distiller.updates == 2
    assert not torch.isclose(calls[0][0], calls[3][0]).any(), "new pairs every update"


@by_name
def test_terms_count_by_their_weights_in_loss_and_gradient(recipe, mixture):
    """Noted before the step, which clips the gradient."""
    teacher, grads = mixture(horizon=3), []
    names = ["rec", "lat", "pred"]
    names += {
        DNKRecipe: ["act", "spec", "inv"],
        KDMRecipe: [],
        KDMFRecipe: ["eig", "inv"],
    }[type(recipe)]
    weights = {name: 0.5 + i for i, name in enumerate(names)}
    distiller, _ = start(recipe, teacher, **weights)
    assert distiller.objective.weights == weights

    def note(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        of = learned(distiller)
        grads.extend(torch.autograd.grad(loss, of))

    distiller.minimise = note
    before = distiller.generator.get_state()
    told = distiller.update(batch_of(teacher))
    expected = sum(weight * told[name] for name, weight in weights.items())
    assert told["loss"] == pytest.approx(expected, rel=1e-5)

    draw = torch.Generator()
    draw.set_state(before)
    pairs = distiller.source(batch_of(teacher), draw)
    terms = distiller.objective(distiller.student, pairs, draw)
    assert terms.keys() == weights.keys()
    loss = sum(weights[name] * term.mean() for name, term in terms.items())
    for p, q in zip(grads, torch.autograd.grad(loss, learned(distiller)), strict=True):
        torch.testing.assert_close(p, q)


@by_name
def test_the_gradient_s_norm_is_clipped_to_one_over_all_that_learns(recipe, mixture):
    teacher = mixture()
    huge, _ = start(recipe, teacher, pred=1e4)
    tiny, _ = start(recipe, teacher)
    tiny.objective.weights = dict.fromkeys(tiny.objective.weights, 1e-6)
    norms = []
    for distiller in (huge, tiny):
        distiller.update(batch_of(teacher))
        grads = [p.grad.flatten() for p in learned(distiller)]
        norms.append(float(torch.cat(grads).norm()))
    assert norms[0] == pytest.approx(1.0, rel=1e-3)
    assert 0 < norms[1] < 1e-2, "a small one is left as it is"


@by_name
def test_everything_that_learns_moves(recipe, mixture):
    distiller, _ = start(recipe, mixture(), lr=1e-2)
    before = [p.detach().clone() for p in learned(distiller)]
    for _ in range(2):
        distiller.update(batch_of(mixture()))
    moved = [
        not torch.equal(a, b) for a, b in zip(before, learned(distiller), strict=True)
    ]
    assert all(moved)


@by_name
def test_the_learning_rate_falls_to_zero_along_half_a_cosine(recipe, mixture):
    distiller, _ = start(recipe, mixture(), steps=4, lr=1e-3)
    rates = []
    for _ in range(5):
        rates.append(distiller.optimizer.param_groups[0]["lr"])
        distiller.update(batch_of(mixture(), 4))
    expected = [1e-3 * share for share in (1, 0.853553, 0.5, 0.146447, 0)]
    assert rates == pytest.approx(expected, rel=1e-5, abs=1e-12)


@by_name
def test_recipes_carry_their_settings_over(recipe, mixture):
    fresh = {"start": "fresh"} if isinstance(recipe, DNKRecipe) else {}
    distiller, _ = start(
        recipe, SmallDenoiser(mixture(horizon=3), cond_dim=2), latent=5, width=7,
        **fresh, depth=2, temperature=0.7, tau=(0.5, 2.0), tau_probabilities=(1.0, 3.0),
        teacher_steps=4, lr=0.5, passes=2,
    )  # fmt: skip
    assert isinstance(distiller, KoopmanDistiller)
    config = distiller.policy.config()
    sizes = {name: config[name] for name in ("latent", "width", "depth", "temperature")}
    assert sizes == {"latent": 5, "width": 7, "depth": 2, "temperature": 0.7}
    source = distiller.source
    assert source.temperatures == Temperatures((0.5, 2.0), (1.0, 3.0))
    assert (source.steps, distiller.settings.passes, distiller.steps) == (4, 2, 8)
    adam = distiller.optimizer.defaults
    assert (adam["lr"], adam["weight_decay"]) == (0.5, 1e-6)
    assert adam["betas"] == (0.9, 0.999)
    if isinstance(recipe, DNKRecipe):
        made, _ = start(recipe, mixture(horizon=3), transitions=3, first_action=6.0)
        assert made.student.transitions == 3
        assert made.objective.action_weight.flatten().tolist() == [6.0, 1.0, 1.0]
    else:
        made, _ = start(recipe, mixture(), noise=0.1, control=False)
        assert made.objective.noise == 0.1
        assert made.student.control is None
        assert not made.student.encode_cond


@by_name
def test_decisions_are_scaled_noise_s_and_denormalised(recipe, mixture):
    student = start(recipe, mixture(), temperature=0.5)[0].student
    batch = batch_of(mixture())
    noise = torch.randn(8, 1, 2)
    hot = start(recipe, mixture())[0].student
    x = hot.generate(0.5 * noise, student.spaces.encode(batch.obs))
    torch.testing.assert_close(student.act(batch.obs, noise), 2 * x)
