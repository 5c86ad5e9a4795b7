"""One update in numbers: what is drawn, who sees what, and the steps that follow."""

import math

import pytest
import torch
from torch import Tensor

from onehop_interfaces import Batch, expand
from onehop_interfaces.acting import OneCall
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    SmallDenoiser,
    calls_of,
    check_normal,
    check_uniform,
    random_obs,
)
from onehop_sdm import SDM, OneDPRecipe, SDMRecipe, Uniform

SCHEDULES = [CosineVP(), DiscreteVP(1000), VarianceExploding(0.02, 10.0)]
by_name = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
STILL = 1e-9
"""A learning rate that leaves the weights where they are."""
EXAMPLES = 2000


def small(like, seed: int = 0) -> SmallDenoiser:
    """A network whose encoder is not the teacher's."""
    torch.manual_seed(seed)
    net = SmallDenoiser(like, cond_dim=1, width=16)
    net.encode = lambda obs: obs["state"][:, -1] + 1
    return net


def batch_of(teacher, examples: int = EXAMPLES) -> Batch:
    obs = random_obs(teacher.signature, examples)
    return Batch(obs, torch.empty(examples, 1, 2))


def start(teacher, **options) -> SDM:
    """A distiller that takes a step of G at every update."""
    still = {"period": 1, "lr": STILL, "score_lr": STILL, "train_encoder": True}
    run = Run(9, torch.Generator().manual_seed(0))
    student = OneCall(small(teacher), t_init=options.get("t_init"))
    nets = student, small(teacher, seed=1)
    return SDM(teacher, SDMRecipe(**(still | options)), run, *nets)


def noise_in(x_t: Tensor, x: Tensor, levels: tuple[Tensor, Tensor]) -> Tensor:
    alpha_t, sigma_t = levels
    return (x_t - expand(alpha_t, x) * x) / expand(sigma_t, x)


def assert_gradients(net: SmallDenoiser, loss: Tensor) -> None:
    """What the update left is the gradient of `loss`."""
    weights = list(net.parameters())
    expected = torch.autograd.grad(loss, weights)
    for p, gradient in zip(weights, expected, strict=True):
        size = float(gradient.abs().max())
        torch.testing.assert_close(p.grad, gradient, rtol=1e-3, atol=1e-4 * size)


@by_name
def test_draws_and_who_sees_them(mixture, schedule):
    teacher = mixture(schedule=schedule)
    t_train = float(schedule.domain.at(torch.tensor(0.9)))
    sdm = start(teacher, t_range=(0.3, 0.7), t_init=t_train)
    by_student, by_score_net = calls_of(sdm.student.net), calls_of(sdm.score_net)
    by_teacher = calls_of(teacher)
    batch = batch_of(teacher)
    sdm.update(batch)
    [(z, t_start, cond, x)], [learned, asked] = by_student, by_score_net
    state = batch.obs["state"][:, -1]
    torch.testing.assert_close(cond, state + 1)
    assert bool((t_start == t_train).all()), "in training, G is called at t_train"
    check_normal(z / torch.stack(schedule(t_start[:1])).norm())

    noises = []
    for x_t, t, teacher_cond, _ in (learned, asked):
        torch.testing.assert_close(teacher_cond, state)
        domain = schedule.domain
        place = (t - domain.t_min) / (domain.t_max - domain.t_min)
        check_uniform(place, 0.3, 0.7)
        noises.append(noise_in(x_t, x, schedule(t)))
        check_normal(noises[-1], z)
    check_normal(noises[0], noises[1])
    assert float(torch.stack([learned[1], asked[1]]).corrcoef()[0, 1].abs()) < 0.1
    for ours, theirs in zip(asked[:3], by_teacher[0][:3], strict=True):
        torch.testing.assert_close(ours, theirs)


@by_name
@pytest.mark.parametrize(
    ("w", "normaliser", "lam"),
    [("sigma_squared", "off", "one"), ("one", "per_sample", "snr")],
    ids=["onedp", "dmd"],
)
def test_losses_and_gradients(mixture, schedule, w, normaliser, lam):
    """G's and D's, from the chunks that went in and out of the three networks."""
    teacher = mixture(schedule=schedule)
    options = {"w": w, "normaliser": normaliser, "lam": lam}
    sdm = start(teacher, t_range=(0.3, 0.7), **options)
    by_student, by_score_net = calls_of(sdm.student.net), calls_of(sdm.score_net)
    by_teacher = calls_of(teacher)
    told = sdm.update(batch_of(teacher))
    [(*start_at, x)], [learned, asked] = by_student, by_score_net
    x = x.detach()

    (alpha_t, sigma_t) = schedule(learned[1])
    weight = (alpha_t / sigma_t) ** 2 if lam == "snr" else 1.0
    error = (sdm.score_net(*learned[:3]) - x).square().mean((1, 2))
    score_loss = (weight * error).mean()
    assert told["loss"] == pytest.approx(score_loss.item(), rel=1e-3)
    assert_gradients(sdm.score_net, score_loss)

    (alpha_t, sigma_t), x_D, x_P = schedule(asked[1]), asked[3], by_teacher[0][3]
    size = expand(alpha_t, x)
    if normaliser == "per_sample":
        size = 1 / (x - x_P).abs().mean((1, 2), keepdim=True)
    grad = size * (x_D - x_P)
    expected = 0.5 * grad.square().sum((1, 2)).mean()
    assert told["matching_loss"] == pytest.approx(expected.item(), rel=1e-3)
    again = sdm.student.net(*start_at)
    assert_gradients(sdm.student.net, (grad * again).sum() / EXAMPLES)


def test_the_generator_meets_the_new_score_net(mixture):
    sdm = start(mixture(), score_lr=0.1)
    calls = calls_of(sdm.score_net)
    sdm.update(batch_of(mixture(), 8))
    x_t, t, cond, answer = calls[1]
    torch.testing.assert_close(answer, sdm.score_net(x_t, t, cond))
    assert not torch.isclose(calls[0][3], sdm.score_net(*calls[0][:3])).any()


def test_both_optimisers_are_adam_without_its_first_moment(mixture):
    """So the first two steps are each lr g / sqrt(v / (1 - .999^n)).

    Both rates fall to zero along half a cosine.
    """
    sdm = start(mixture(), lr=0.01, score_lr=0.02)
    nets = {0.01: sdm.student.net, 0.02: sdm.score_net}
    weights = {lr: net.layers[0].weight for lr, net in nets.items()}
    v = dict.fromkeys(weights, 0.0)
    for n in (1, 2):
        before = {lr: weight.detach().clone() for lr, weight in weights.items()}
        sdm.update(batch_of(mixture(), 8))
        for lr, weight in weights.items():
            v[lr] = 0.999 * v[lr] + 0.001 * weight.grad**2
            step = weight.grad / ((v[lr] / (1 - 0.999**n)).sqrt() + 1e-8)
            falling = (1 + math.cos(math.pi * (n - 1) / 9)) / 2
            expected = before[lr] - lr * falling * step
            torch.testing.assert_close(weight, expected, rtol=1e-4, atol=1e-6)


def test_recipes_hand_on_what_an_update_depends_on(mixture):
    teacher = SmallDenoiser(mixture(), cond_dim=1)
    for recipe in (
        SDMRecipe(
            lr=0.5, score_lr=0.25, t_range=(0.1, 0.2), period=1, betas=(0.5, 0.6)
        ),
        OneDPRecipe(lr=0.5, score_lr=0.25, t_range=(0.1, 0.2)),
    ):
        seen = []
        run = Run(7, minimise=lambda _, optimizer, seen=seen: seen.append(optimizer))
        sdm = recipe.distiller(teacher, run)
        assert sdm.settings.draw_t == Uniform(0.1, 0.2)
        sdm.update(batch_of(teacher, 4))
        assert seen == [sdm.score_optimizer, sdm.optimizer]
        assert [each.defaults["lr"] for each in seen] == [0.25, 0.5]
        betas = (0.5, 0.6) if isinstance(recipe, SDMRecipe) else (0.0, 0.999)
        assert [each.defaults["betas"] for each in seen] == [betas, betas]


def test_decisions_are_denormalised(mixture):
    teacher = mixture()
    student, obs = OneCall(small(teacher)), random_obs(teacher.signature, 4)
    z = torch.randn(4, 1, 2)
    x = student.generate(z, student.net.encode(obs))
    torch.testing.assert_close(student.act(obs, z), 2 * x)
