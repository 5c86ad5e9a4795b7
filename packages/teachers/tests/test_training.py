import copy
import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from onehop_interfaces import BadInput, Batch, minimise
from onehop_interfaces.exact import gaussian_teacher
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import check_distiller
from onehop_teachers import (
    EDM,
    Cosine,
    DiffusionTeacher,
    Flatten,
    Karras,
    PredictX,
    ResidualMLP,
    ScaledActions,
    SquaredCosine,
    TeacherRecipe,
    TeacherTraining,
    log_normal_times,
    pusht_teacher,
    uniform_times,
)

MakeTeacher = Callable[..., DiffusionTeacher]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("schedule", "preconditioning", "draw_times"),
    [
        (SquaredCosine(), PredictX(), uniform_times),
        (Cosine(), PredictX(), uniform_times),
        (EDM(), Karras(), log_normal_times()),
    ],
    ids=["squared-cosine", "cosine", "edm"],
)
def test_conforms(
    make_teacher: MakeTeacher,
    batch: Batch,
    schedule: object,
    preconditioning: object,
    draw_times: object,
) -> None:
    def make() -> TeacherTraining:
        return TeacherTraining(
            make_teacher(schedule, preconditioning),
            TeacherRecipe(warmup=2, draw_times=draw_times),
            Run(10, seeded()),
        )

    check_distiller(make, batch)


def test_learns_the_conditional_mean() -> None:
    """Data of a conditional Gaussian: the loss nears that of the exact denoiser."""
    exact = gaussian_teacher(
        torch.tensor([0.5, -0.5]),
        torch.tensor([[0.8, 0.0], [0.0, -0.6]]),
        torch.tensor([[0.3, 0.2], [0.2, 0.4]]),
        schedule=SquaredCosine(),
    )
    torch.manual_seed(0)
    teacher = DiffusionTeacher(
        exact.signature,
        SquaredCosine(),
        PredictX(),
        ResidualMLP(1, 2, 2, width=64, blocks=2, time_dim=16),
        Flatten({"state": (2,)}, n_obs=1),
        ScaledActions(2),
    )
    g = seeded()

    def draw(n: int) -> Batch:
        obs = {"state": torch.randn(n, 1, 2, generator=g)}
        return Batch(obs, exact.sample(exact.encode(obs), g))

    data = draw(4096)
    teacher.fit(data.obs, data.actions)
    training = TeacherTraining(teacher, TeacherRecipe(3e-3, 50), Run(600, g))
    losses = [training.update(draw(256))["loss"] for _ in range(600)]
    assert sum(losses[-50:]) < 0.6 * sum(losses[:50])

    test = draw(4096)
    t = uniform_times(exact.schedule, 4096, g)
    x = teacher.normalise(test.actions, test.obs)
    x_t = torch.randn(x.shape, generator=g)
    alpha, sigma = exact.schedule(t)
    x_t = alpha[:, None, None] * x + sigma[:, None, None] * x_t
    with torch.no_grad():
        learned = training.averaged(x_t, t, teacher.encode(test.obs))
    truth = exact_denoiser(exact, teacher, x_t, t, exact.encode(test.obs))
    learned_loss, least = ((y - x).square().mean() for y in (learned, truth))
    assert float(learned_loss / least) < 1.1
    assert float((learned - truth).square().mean()) < 0.01


def exact_denoiser(
    exact: torch.nn.Module,
    teacher: DiffusionTeacher,
    x_t: Tensor,
    t: Tensor,
    cond: Tensor,
) -> Tensor:
    """E[x | x_t] of the Gaussian after the teacher's standardisation of actions."""
    scale = teacher.actions.standardise
    standardised = gaussian_teacher(
        (exact.means[0] - scale.mean) / scale.std,
        exact.maps[0] / scale.std[:, None],
        exact.axes[0]
        * exact.variances[0]
        @ exact.axes[0].T
        / (scale.std[:, None] * scale.std),
        schedule=exact.schedule,
    )
    return standardised(x_t, t, cond)


def test_average_is_the_recursion(make_teacher: MakeTeacher, batch: Batch) -> None:
    """avg <- d avg + (1 - d) w with d = min(decay, (1 + n) / (10 + n))."""
    settings = TeacherRecipe(warmup=1, ema_decay=0.5)
    training = TeacherTraining(make_teacher(), settings, Run(50, seeded()))
    expected = None
    for n in range(12):
        training.update(batch)
        now = training.teacher.net.last.weight.detach().double()
        decay = min(0.5, (1 + n) / (10 + n))
        expected = now if expected is None else decay * expected + (1 - decay) * now
    averaged = training.averaged.net.last.weight.double()
    assert_close(averaged, expected, rtol=1e-5, atol=1e-7)
    assert not torch.allclose(averaged, now)


def test_the_policy_acts_with_averaged_weights_and_keeps_its_statistics(
    make_teacher: MakeTeacher, batch: Batch
) -> None:
    training = TeacherTraining(make_teacher(), TeacherRecipe(), Run(10, seeded()))
    training.update(batch)
    assert training.policy.teacher is training.averaged
    for mine, trained in zip(
        training.averaged.buffers(), training.teacher.buffers(), strict=True
    ):
        assert torch.equal(mine, trained)


def test_learning_rate_rises_and_falls(make_teacher: MakeTeacher, batch: Batch) -> None:
    settings = TeacherRecipe(lr=0.1, warmup=10)
    training = TeacherTraining(make_teacher(), settings, Run(30, seeded()))
    rates = [training.update(batch)["lr"] for _ in range(32)]
    assert_close(rates[:10], [0.01 * (i + 1) for i in range(10)], rtol=1e-9, atol=0)
    cosine = [0.05 * (1 + math.cos(math.pi * i / 20)) for i in range(20)]
    assert_close(rates[10:30], cosine, rtol=1e-9, atol=1e-12)
    assert rates[30:] == [0.0, 0.0]
    assert training.optimizer.param_groups[0]["lr"] == rates[-1]


def test_teachers_of_few_times_are_sampled_in_as_many_steps(
    make_teacher: MakeTeacher,
) -> None:
    teacher = make_teacher(SquaredCosine(8))
    training = TeacherTraining(teacher, TeacherRecipe(), Run(1))
    assert (training.policy.steps, training.policy.nfe) == (8, 8)


def test_the_launchers_step_is_taken(make_teacher: MakeTeacher, batch: Batch) -> None:
    seen = []

    def spy(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        seen.append(float(loss.detach()))
        minimise(loss, optimizer)

    training = TeacherTraining(make_teacher(), TeacherRecipe(), Run(5, seeded(), spy))
    assert [training.update(batch)["loss"] for _ in range(2)] == seen


def test_a_window_is_encoded_once_for_several_noises(
    make_teacher: MakeTeacher, batch: Batch
) -> None:
    """The loss is the mean over windows and their noises; and so is its gradient."""
    teacher = make_teacher()
    twin = copy.deepcopy(teacher)
    encoded: list[int] = []
    teacher.encoder.register_forward_hook(lambda *given: encoded.append(len(given[2])))
    recipe = TeacherRecipe(warmup=1, draws=3, weight_decay=0.0)
    training = TeacherTraining(teacher, recipe, Run(10, seeded()))
    loss = training.update(batch)["loss"]
    assert encoded == [len(batch.actions)]

    g = seeded()
    rows = torch.arange(len(batch.actions)).repeat_interleave(3)
    t = uniform_times(twin.schedule, len(rows), g)
    cond = twin.encode(batch.obs)[rows]
    x = twin.normalise(batch.actions, batch.obs)[rows]
    expected = twin.loss(x, torch.randn(x.shape, generator=g), t, cond).mean()
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    expected.backward()
    stepped = zip(teacher.net.parameters(), twin.net.parameters(), strict=True)
    # AdamW's first step goes down by the learning rate, along the gradient's sign.
    for after, before in stepped:
        moved = (after - before.detach()).sign()
        large = before.grad.abs() > 1e-5
        assert torch.equal(moved[large], -before.grad.sign()[large])


def test_uniform_times_takes_each_as_often() -> None:
    t = uniform_times(SquaredCosine(10), 100_000, seeded())
    counts = torch.bincount(t.long(), minlength=10)
    # Standard deviation of a count is 95.
    assert_close(counts, torch.full_like(counts, 10_000), rtol=0, atol=400)
    u = uniform_times(Cosine(), 100_000, seeded()).sort().values
    expected = torch.linspace(Cosine().t_min, Cosine().t_max, 100_000)
    assert_close(u, expected, rtol=0, atol=6e-3)  # Kolmogorov, p < 0.01


def test_log_normal_times_are_karras() -> None:
    t = log_normal_times(-1.2, 1.2)(EDM(), 100_000, seeded())
    log_sigma = EDM()(t)[1].log()
    assert float(log_sigma.mean()) == pytest.approx(-1.2, abs=0.02)
    assert float(log_sigma.std()) == pytest.approx(1.2, abs=0.02)
    with pytest.raises(BadInput, match="expected EDM, got SquaredCosine"):
        log_normal_times()(SquaredCosine(), 1, seeded())


def test_refuses_a_teacher_without_statistics() -> None:
    with pytest.raises(BadInput, match=r"teacher: encoder.standardise"):
        TeacherTraining(pusht_teacher(), TeacherRecipe(), Run(10))
