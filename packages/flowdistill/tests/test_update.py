"""One update in numbers: what is drawn, who sees what, and the loss by hand."""

import pytest
import torch
from torch import Tensor

from onehop_flowdistill import (
    MeanFlow,
    MeanFlowRecipe,
    OneFlow,
    OneFlowRecipe,
    Student,
    teacher_path,
)
from onehop_interfaces import Batch, ddim_path, noisy
from onehop_interfaces.exact import DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    SmallDenoiser,
    calls_of,
    check_normal,
    check_uniform,
    random_obs,
)

STILL = 1e-9
"""A learning rate that leaves the weights where they are."""
EXAMPLES = 2000
RECIPES = {OneFlow: OneFlowRecipe, MeanFlow: MeanFlowRecipe}


def student_of(teacher) -> Student:
    """Around a small network whose encoder is not the teacher's."""
    torch.manual_seed(0)
    net = SmallDenoiser(teacher, cond_dim=1, width=16)
    net.encode = lambda obs: obs["state"][:, -1] + 1
    return Student(net)


def start(method, teacher, steps: int = 8, **options):
    recipe = RECIPES[method](**{"lr": STILL, "train_encoder": True, **options})
    run = Run(steps, torch.Generator().manual_seed(0))
    return method(teacher, recipe, run, student_of(teacher))


def batch_of(teacher, examples: int = EXAMPLES) -> Batch:
    draw = torch.Generator().manual_seed(1)
    actions = torch.randn(examples, 1, 2, generator=draw)
    return Batch(random_obs(teacher.signature, examples), actions)


def levels_at(schedule, t: Tensor) -> Tensor:
    alpha_t, sigma_t = schedule(t)
    return sigma_t / (alpha_t + sigma_t)


def shares(t: Tensor, domain) -> tuple[float, float]:
    """Of points at the cleanest and at the noisiest time."""
    ends = (t == domain.t_min, t == domain.t_max)
    return tuple(float(end.float().mean()) for end in ends)


@pytest.mark.parametrize(
    ("chord", "velocity", "action", "hold", "updates"),
    [
        (1.0, 0.0, 0.0, False, 0),
        (0.0, 1.0, 0.0, False, 0),
        (0.0, 1.0, 0.0, False, 2),
        (0.0, 1.0, 0.0, True, 2),
        (0.0, 0.0, 1.0, False, 0),
        (0.5, 0.7, 3.0, False, 1),
    ],
)
@pytest.mark.parametrize("w", ["as_ends", "as_slopes"])
def test_one_flow_s_loss_and_gradient(
    mixture, w, chord, velocity, action, hold, updates
):
    """At points part of the way between two nodes of DDIM's path, and at its start."""
    teacher, schedule = mixture(DiscreteVP()).double(), DiscreteVP()
    terms = {"chord": chord, "velocity": velocity, "action": action}
    more = {"hold_velocity": hold, "start_share": 0.2, "w": w}
    flow = start(OneFlow, teacher, **terms, **more)
    flow.student.double()
    flow.updates = updates
    obs, z = {"state": torch.randn(5, 1, 1).double()}, torch.randn(5, 1, 2).double()
    cond, rows = obs["state"][:, -1], torch.arange(5)
    path = teacher_path(teacher, z, cond, 4)
    t = torch.tensor([99.0, 99.0, 85.0, 45.0, 3.0]).double()
    nodes = torch.tensor([0, 0, 0, 2, 3])  # at 99, 74, 49, 24
    s = levels_at(schedule, t)

    points = list(ddim_path(teacher, z, cond, 4))
    ahead = torch.stack([p.x for p in points])[nodes, rows]
    at_node = [p.x_t / sum(level[0] for level in schedule(p.t)) for p in points]
    x_s = torch.stack([*at_node, points[-1].x])
    s_nodes = torch.cat([levels_at(schedule, points[0].t.new_tensor([99, 74, 49, 24])),
                         s.new_zeros(1)])  # fmt: skip
    part = ((s_nodes[nodes] - s) / (s_nodes[nodes] - s_nodes[nodes + 1]))[:, None, None]
    x_s = (1 - part) * x_s[nodes, rows] + part * x_s[nodes + 1, rows]
    x_t = x_s * sum(schedule(t))[:, None, None]

    end = flow.student.net(x_t, t, cond + 1)
    weight = s**-2 if w == "as_slopes" else 1.0
    gap = (end - points[-1].x).abs()
    huber = torch.where(gap < 0.1, gap**2 / 2, 0.1 * (gap - 0.05)).sum((1, 2))
    faded = velocity * (1 if hold else 1 - 2 * updates / 8)
    expected = (
        chord * weight * (end - points[-1].x).square().sum((1, 2))
        + faded * weight * (end - ahead).square().sum((1, 2))
        + action * huber * torch.tensor([5.0, 5.0, 0.0, 0.0, 0.0])
    )
    found = flow.loss(path, cond + 1, s)
    torch.testing.assert_close(found, expected)
    weights = list(flow.student.net.parameters())
    grads = (torch.autograd.grad(loss.sum(), weights) for loss in (found, expected))
    for a, b in zip(*grads, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("start_share", [0.2, 0.8])
def test_one_flow_s_draws_and_who_sees_them(mixture, schedule, start_share):
    teacher = mixture(schedule)
    flow = start(OneFlow, teacher, teacher_steps=3, passes=2, start_share=start_share)
    by_teacher, by_student = calls_of(teacher), calls_of(flow.student.net)
    batch = batch_of(teacher)
    told = flow.update(batch)
    state = batch.obs["state"][:, -1]
    assert (len(by_teacher), len(by_student)) == (3, 2)
    for _, _, cond, _ in by_teacher:
        torch.testing.assert_close(cond, state)
    domain = schedule.domain
    x_T, t, *_ = by_teacher[0]
    assert bool((t == domain.t_max).all())
    check_normal(x_T / torch.stack(schedule(t[:1])).norm())
    for x_t, t, cond, _ in by_student:
        torch.testing.assert_close(cond, state + 1)
        at_start = t == domain.t_max
        torch.testing.assert_close(x_t[at_start], x_T[at_start], rtol=1e-4, atol=1e-4)
        assert float(at_start.float().mean()) == pytest.approx(start_share, abs=0.05)
        noisiest = float(levels_at(schedule, t.new_tensor([domain.t_max])))
        check_uniform(levels_at(schedule, t[~at_start]), 0, noisiest)
    times = [call[1] for call in by_student]
    assert float((times[0] == times[1]).float().mean()) < start_share + 0.1, (
        "every pass has points of its own"
    )
    path = teacher_path(teacher, x_T, state, 3)
    s = levels_at(schedule, times[1])
    s = torch.where(times[1] == domain.t_max, path.s[0], s)
    flow.updates = 0  # The velocity term had not begun to fade.
    assert told["loss"] == pytest.approx(
        flow.loss(path, state + 1, s).mean().item(), rel=1e-3
    )


def test_paths_begin_anew_at_every_update(mixture):
    teacher = mixture()
    flow = start(OneFlow, teacher, teacher_steps=2)
    calls = calls_of(teacher)
    for _ in range(2):
        flow.update(batch_of(teacher, 8))
    assert not torch.isclose(calls[0][0], calls[2][0]).any()


@pytest.mark.parametrize(("first", "last"), [(0.3, 0.1), (0.05, 0.6)])
def test_mean_flow_s_draws_and_who_sees_them(mixture, schedule, first, last):
    teacher = mixture(schedule)
    flow = start(MeanFlow, teacher, first_share=first, start_share=last)
    by_teacher, by_student = calls_of(teacher), calls_of(flow.student.net)
    batch = batch_of(teacher)
    flow.update(batch)
    state, domain = batch.obs["state"][:, -1], schedule.domain
    [(x_t, t, cond, _)] = by_teacher
    torch.testing.assert_close(cond, state)
    for call in by_student:
        torch.testing.assert_close(call[2], state + 1)
    found = shares(t, domain)
    assert found == pytest.approx((first, last), abs=0.04)
    inside = (t != domain.t_min) & (t != domain.t_max)
    noisiest = float(levels_at(schedule, t.new_tensor([domain.t_max])))
    check_uniform(levels_at(schedule, t[inside]), 0, noisiest)
    alpha_t, sigma_t = (level[:, None, None] for level in schedule(t))
    check_normal((x_t - alpha_t * batch.actions / 2) / sigma_t)


@pytest.mark.parametrize("w", ["as_ends", "as_slopes"])
def test_mean_flow_s_loss_and_gradient_on_a_table(mixture, w):
    """The target is end - s (end - end') / (s - s'), ' one step of DDIM below."""
    teacher, schedule = mixture(DiscreteVP()).double(), DiscreteVP()
    flow = start(MeanFlow, teacher, w=w)
    net = flow.student.double().net
    t = torch.tensor([0.0, 1.0, 40.0, 99.0]).double()
    obs = {"state": torch.randn(4, 1, 1).double()}
    actions, eps = torch.randn(2, 4, 1, 2).double()
    cond = obs["state"][:, -1]
    (alpha, sigma), below = schedule(t), (t - 1).clamp(min=0)
    x_t = noisy(actions / 2, eps, alpha, sigma)
    x = teacher(x_t, t, cond)
    inside = (x_t - alpha[:, None, None] * x) / sigma[:, None, None]
    s, s_below = levels_at(schedule, t), levels_at(schedule, below)
    end = net(x_t, t, cond + 1)
    end_below = net(noisy(x, inside, *schedule(below)), below, cond + 1)
    rate = (s / (s - s_below)).nan_to_num(posinf=0)[:, None, None]
    target = (end - rate * (end - end_below)).detach()
    target[0] = x[0]
    weight = s**-2 if w == "as_slopes" else 1.0
    expected = weight * (end - target).square().sum((1, 2))
    found = flow.loss(Batch(obs, actions), eps, t)
    torch.testing.assert_close(found, expected)
    weights = list(net.parameters())
    grads = (torch.autograd.grad(loss.sum(), weights) for loss in (found, expected))
    for a, b in zip(*grads, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("method", [OneFlow, MeanFlow])
def test_the_learning_rate_falls_to_zero_along_half_a_cosine(mixture, method):
    flow = start(method, mixture(), steps=4, lr=1e-3)
    rates = []
    for _ in range(5):
        rates.append(flow.optimizer.param_groups[0]["lr"])
        flow.update(batch_of(mixture(), 4))
    expected = [1e-3 * share for share in (1, 0.853553, 0.5, 0.146447, 0)]
    assert rates == pytest.approx(expected, rel=1e-5, abs=1e-12)


def test_recipes_hand_on_what_an_update_depends_on(mixture):
    teacher = SmallDenoiser(mixture(VarianceExploding()), cond_dim=1)
    for recipe, steps in (
        (OneFlowRecipe(lr=0.5, passes=2), 2),
        (MeanFlowRecipe(lr=0.5), 1),
    ):
        seen = []
        run = Run(7, minimise=lambda _, optimizer, seen=seen: seen.append(optimizer))
        flow = recipe.distiller(teacher, run)
        assert (flow.steps, flow.optimizer.defaults["lr"]) == (7, 0.5)
        assert flow.optimizer.defaults["betas"] == (0.9, 0.999)
        assert flow.optimizer.defaults["weight_decay"] == 1e-6
        flow.update(batch_of(teacher, 4))
        assert seen == [flow.optimizer] * steps


def test_decisions_are_denormalised(mixture):
    teacher = mixture()
    student, obs = student_of(teacher), random_obs(teacher.signature, 4)
    noise = torch.randn(4, 1, 1, 2)
    x = student.generate(noise, student.net.encode(obs))
    torch.testing.assert_close(student.act(obs, noise), 2 * x)
