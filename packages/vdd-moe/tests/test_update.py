"""One update in numbers: what is drawn, what learns from what, and in which order."""

import dataclasses

import pytest
import torch
from torch import Tensor

from onehop_interfaces import Batch, minimise
from onehop_interfaces.averages import last_tenth
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    calls_of,
    check_normal,
    check_uniform,
)
from onehop_vdd_moe import EMRecipe, IMCRecipe, Network, VDDRecipe

SCHEDULES = [CosineVP(), DiscreteVP(1000), VarianceExploding(0.02, 10.0)]
by_name = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
SMALL = Network(experts=3, width=16, blocks=1, head_width=16, gate_width=16)
STILL = 1e-9
"""A learning rate that leaves the weights where they are."""
RECIPES = [VDDRecipe(network=SMALL), EMRecipe(network=SMALL), IMCRecipe(network=SMALL)]
by_method = pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: type(r).__name__)


class Steps:
    """Takes them as `minimise` does, and notes each one's loss, gradients and rate."""

    def __init__(self) -> None:
        self.taken: list[tuple[torch.optim.Optimizer, float, list[Tensor], float]] = []

    def __call__(self, loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        [group] = optimizer.param_groups
        minimise(loss, optimizer)
        grads = [p.grad.clone() for p in group["params"]]
        self.taken.append((optimizer, float(loss.detach()), grads, group["lr"]))


def start(recipe, teacher, *, steps: int = 8, **settings):
    """A distiller, and the steps it will have taken."""
    taken = Steps()
    run = Run(steps, torch.Generator().manual_seed(0), taken)
    made = dataclasses.replace(recipe, **settings).distiller(teacher, run)
    return made, taken.taken


def batch_of(teacher, examples: int = 8) -> Batch:
    draw = torch.Generator().manual_seed(1)
    cond = torch.randn(examples, 1, teacher.maps.shape[-1], generator=draw)
    x = teacher.sample(cond[:, -1], draw)
    return Batch({"state": cond}, teacher.denormalise(x, {"state": cond}))


def responsibilities(mixture, x: Tensor) -> Tensor:
    """q(k | x), by torch's own Gaussians."""
    gaussians = torch.distributions.MultivariateNormal(
        mixture.means, scale_tril=mixture.chols
    )
    joint = mixture.log_weights + gaussians.log_prob(x.flatten(1)[:, None])
    return joint.softmax(-1)


@by_name
def test_vdd_s_draws(two_modes, schedule):
    """Every expert's every draw has noise and a time of its own."""
    teacher = two_modes(schedule)
    vdd, _ = start(
        RECIPES[0], teacher, lr=STILL, t_range=(0.3, 0.7), draws=4, expert_steps=2
    )
    calls, batch = calls_of(teacher), batch_of(teacher, 100)
    with torch.no_grad():
        mixture = vdd.student.mixture(batch.obs)
    vdd.update(batch)
    assert len(calls) == 2, "fresh draws at every step of the experts"
    noises, domain = [], schedule.domain
    for x_t, t, cond, _ in calls:
        assert len(t) == 100 * 3 * 4
        u = (t - domain.t_min) / (domain.t_max - domain.t_min)
        check_uniform(u, 0.3, 0.7)
        state = batch.obs["state"][:, -1]
        torch.testing.assert_close(cond, state.repeat_interleave(12, 0))
        x = (x_t / schedule(t)[0][:, None, None]).view(100, 3, 4, 2)
        away = (x - mixture.means[:, :, None])[..., None]
        chols = mixture.chols[:, :, None]
        noises.append(torch.linalg.solve_triangular(chols, away, upper=False))
        check_normal(noises[-1])
    check_normal(noises[0], noises[1])


@by_name
@pytest.mark.parametrize("score", ["marginal_score", "rescaled_score"])
def test_vdd_s_experts_descend_the_bound(two_modes, schedule, score):
    """Its gradient by hand, log p standing where the teacher's score does.

    Responsibilities are those at the time, as constants; so are the weights pi.
    """
    teacher = two_modes(schedule)
    vdd, steps = start(
        RECIPES[0], teacher, lr=STILL, score=score, t_range=(0.3, 0.7), expert_steps=1
    )
    calls, batch = calls_of(teacher), batch_of(teacher)
    vdd.update(batch)
    [(x_t, t, cond, _)] = calls
    mixture = vdd.student.mixture(batch.obs)
    alpha_t = schedule(t)[0] if score == "rescaled_score" else torch.ones_like(t)
    drawn = (x_t / alpha_t[:, None, None]).view(8, 3, 2, 2)
    away = (drawn - mixture.means[:, :, None]).detach()[..., None]
    eps = torch.linalg.solve_triangular(
        mixture.chols.detach()[:, :, None], away, upper=False
    )
    x = mixture.means[:, :, None] + (mixture.chols[:, :, None] @ eps)[..., 0]
    log_p = teacher.log_prob(alpha_t[:, None, None] * x.reshape(-1, 1, 2), t, cond)
    fixed = mixture.detach()
    gaussians = torch.distributions.MultivariateNormal(
        fixed.means[:, None, None], scale_tril=fixed.chols[:, None, None]
    )
    joint = fixed.log_weights[:, None, None] + gaussians.log_prob(x[:, :, :, None])
    log_r = joint.log_softmax(-1).diagonal(dim1=1, dim2=3).mT  # (B, K, V)
    entropy = torch.distributions.MultivariateNormal(
        mixture.means, scale_tril=mixture.chols
    ).entropy()
    gain = (log_p.view(8, 3, 2) + log_r).mean(-1) + entropy
    bound = -(fixed.log_weights.exp() * gain).sum(-1).mean()
    experts = vdd.student.experts.expert_parameters()
    expected = torch.autograd.grad(bound, experts)
    for found, gradient in zip(steps[0][2], expected, strict=True):
        size = float(gradient.abs().max())
        torch.testing.assert_close(found, gradient, rtol=1e-3, atol=1e-3 * size)


@pytest.mark.parametrize("expert_steps", [1, 3])
def test_vdd_s_gate_learns_from_the_experts_as_they_are_after_their_steps(
    two_modes, expert_steps
):
    teacher = two_modes()
    vdd, steps = start(RECIPES[0], teacher, lr=0.01, expert_steps=expert_steps)
    batch, seen = batch_of(teacher), []
    taken = vdd.minimise

    def note(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        if optimizer is vdd.gate_optimizer:
            seen.append(vdd.student.mixture(batch.obs).detach())
        taken(loss, optimizer)

    before = vdd.student.mixture(batch.obs).detach()
    vdd.minimise = note
    vdd.update(batch)
    order = [optimizer is vdd.gate_optimizer for optimizer, *_ in steps]
    assert order == [False] * expert_steps + [True]
    x, losses = batch.actions / 2, []
    for mixture in (seen[0], before):
        r = responsibilities(mixture, x)
        losses.append(float(-(r * mixture.log_weights).sum(-1).mean()))
    assert steps[-1][1] == pytest.approx(losses[0], rel=1e-4)
    assert steps[-1][1] != pytest.approx(losses[1], rel=1e-3)


@pytest.mark.parametrize("eta", [None, 5.0])
def test_the_weights_of_em_and_imc_stay_for_the_whole_m_step(two_modes, eta):
    """Those of the mixture before it; the gate's loss is the mixture's after it."""
    teacher, x = two_modes(), batch_of(two_modes()).actions / 2
    recipe = RECIPES[1] if eta is None else IMCRecipe(network=SMALL, eta=eta)
    em, steps = start(recipe, teacher, lr=0.01, expert_steps=2)
    batch, mixtures = batch_of(teacher), []
    taken = em.minimise

    def note(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        mixtures.append(em.student.mixture(batch.obs).detach())
        taken(loss, optimizer)

    em.minimise = note
    em.update(batch)
    assert len(mixtures) == 3
    w = responsibilities(mixtures[0], x)
    log_q = [
        torch.distributions.MultivariateNormal(m.means, scale_tril=m.chols).log_prob(
            x.flatten(1)[:, None]
        )
        for m in mixtures
    ]
    if eta is not None:
        p = (log_q[0] / eta + w.log()).exp()
        w = len(x) * p / p.sum()
    losses = [-(w * log_q[0]).sum(-1), -(w * log_q[1]).sum(-1)]
    losses.append(-(w * mixtures[2].log_weights).sum(-1))
    for (_, found, *_), expected in zip(steps, losses, strict=True):
        assert found == pytest.approx(float(expected.mean()), rel=1e-4)


@by_method
def test_both_learning_rates_fall_linearly_to_zero(recipe, two_modes):
    teacher = two_modes()
    made, steps = start(recipe, teacher, steps=4, lr=1e-3)
    for _ in range(5):
        made.update(batch_of(teacher))
    for optimizer in (made.optimizer, made.gate_optimizer):
        rates = [rate for by, _, _, rate in steps if by is optimizer]
        per_update = len(rates) // 5
        expected = [1e-3 * share for share in (1, 0.75, 0.5, 0.25, 0)]
        assert rates[::per_update] == pytest.approx(expected, abs=1e-10)


@by_method
def test_the_policy_averages_the_weights_after_each_update(recipe, two_modes):
    made, _ = start(recipe, two_modes(), lr=0.01)
    weights = [made.student.experts.mean[-1].weight, made.student.experts.gate[-1].bias]
    after = []
    for _ in range(2):
        made.update(batch_of(two_modes()))
        after.append([weight.detach().clone() for weight in weights])
    acting = made.policy.experts
    for w, first, second in zip(
        (acting.mean[-1].weight, acting.gate[-1].bias), *after, strict=True
    ):
        d = last_tenth(2)
        torch.testing.assert_close(w, d * first + (1 - d) * second)


def test_what_is_told_of_the_mixture(two_modes):
    teacher, batch = two_modes(), batch_of(two_modes())
    em, _ = start(RECIPES[1], teacher)
    mixture = em.student.mixture(batch.obs).detach()
    told = em.update(batch)
    gaussians = torch.distributions.MultivariateNormal(
        mixture.means, scale_tril=mixture.chols
    )
    chosen = torch.distributions.Categorical(logits=mixture.log_weights)
    truth = torch.distributions.MixtureSameFamily(chosen, gaussians)
    nll = -truth.log_prob(batch.actions[:, 0] / 2).mean()
    entropy = (mixture.log_weights.exp() * gaussians.entropy()).sum(-1).mean()
    assert told["nll"] == pytest.approx(nll.item(), rel=1e-4)
    assert told["entropy"] == pytest.approx(entropy.item(), rel=1e-4)
    assert told["gate_entropy"] == pytest.approx(
        chosen.entropy().mean().item(), rel=1e-4
    )


def test_recipes_hand_on_what_an_update_depends_on(two_modes):
    teacher = two_modes()
    vdd, _ = start(
        RECIPES[0], teacher, lr=0.5, t_range=(0.1, 0.2), draws=3, expert_steps=4,
        from_data=0.5, choose="likeliest_expert",
    )  # fmt: skip
    assert vdd.data_updates == 4
    assert vdd.policy.config()["choose"] == "likeliest_expert"
    for recipe in RECIPES:
        made, steps = start(recipe, teacher, lr=0.5, expert_steps=2)
        made.update(batch_of(teacher))
        assert [rate for *_, rate in steps] == [0.5, 0.5, 0.5]
        adam = [optimizer.defaults["betas"] for optimizer, *_ in steps]
        assert adam == [(0.9, 0.999)] * 3
