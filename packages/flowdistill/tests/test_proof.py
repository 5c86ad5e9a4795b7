"""What the students learn from exact teachers, against the truth.

Every student is a small network trained from fresh weights in seconds; the tolerances
are about twice what they reach.
"""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from onehop_flowdistill import (
    MeanFlow,
    MeanFlowRecipe,
    OneFlow,
    OneFlowRecipe,
    Student,
    raw_as_velocity,
    teacher_path,
)
from onehop_interfaces import Batch
from onehop_interfaces.acting import decide
from onehop_interfaces.drawing import standard_normal
from onehop_interfaces.exact import MixtureTeacher
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import SmallDenoiser, energy_distance

VELOCITY_ONLY = {"chord": 0.0, "action": 0.0, "hold_velocity": True}
ACTION_ONLY = {"chord": 0.0, "velocity": 0.0}
CONDITIONS = (-0.6, 0.5)


def untrained(teacher: MixtureTeacher, width: int = 64, **options) -> Student:
    torch.manual_seed(0)
    return Student(SmallDenoiser(teacher, cond_dim=1, width=width), **options)


def train(method, teacher: MixtureTeacher, student: Student, steps: int, **options):
    """The policy after learning on conditions in [-1, 1]."""
    draw = torch.Generator().manual_seed(0)
    recipe = {OneFlow: OneFlowRecipe, MeanFlow: MeanFlowRecipe}[method]
    flow = method(teacher, recipe(lr=4e-3, **options), Run(steps, draw), student)
    for _ in range(steps):
        cond = 2 * torch.rand(128, 1, generator=draw) - 1
        actions = teacher.sample(cond, draw) * teacher.scale
        flow.update(Batch({"state": cond[:, None]}, actions))
    return flow.policy


def one_flow(teacher: MixtureTeacher, steps: int = 250, **options) -> Student:
    settings = {"teacher_steps": 30} | options
    return train(OneFlow, teacher, untrained(teacher), steps, **settings)


def act(policy: Student, c: float, batch: int = 1000, seed: int = 7) -> Tensor:
    """Normalised chunks (B, D) decided under one condition."""
    obs = {"state": torch.full((batch, 1, 1), c)}
    actions = decide(policy, obs, torch.Generator().manual_seed(seed))
    return policy.net.normalise(actions, obs).flatten(1)


def starts(policy: Student, c: float, batch: int = 1000, seed: int = 7):
    """The x_t that `act` starts from, its time and its condition."""
    cond = torch.full((batch, 1), c)
    like = torch.empty(batch, *policy.signature.chunk)
    z = standard_normal(like, torch.Generator().manual_seed(seed))
    t = torch.full((batch,), policy.net.schedule.domain.t_max)
    return policy.scale * z, t, cond


def exact(teacher: MixtureTeacher, c: float, seed: int, batch: int = 1000) -> Tensor:
    cond = torch.full((batch, 1), c)
    return teacher.sample(cond, torch.Generator().manual_seed(seed)).flatten(1)


def sliced_wasserstein(a: Tensor, b: Tensor) -> float:
    """The mean over 64 directions of the Wasserstein distance W_1 along them."""
    draw = torch.Generator().manual_seed(0)
    directions = torch.randn(a.shape[1], 64, generator=draw)
    directions = directions / directions.norm(dim=0)
    along = [(x @ directions).sort(dim=0).values for x in (a, b)]
    return float((along[0] - along[1]).abs().mean())


def nearest_mode(teacher: MixtureTeacher, x: Tensor, c: float) -> tuple[Tensor, Tensor]:
    """Each chunk's nearest mode (B,) and its distance (B,)."""
    modes = teacher.component_means(torch.tensor([[c]]))[0]
    distance, mode = torch.cdist(x, modes).min(dim=1)
    return mode, distance


def recall(teacher: MixtureTeacher, x: Tensor, c: float, within: float) -> Tensor:
    """Share of the chunks that lie within that distance of each mode, (K,)."""
    mode, distance = nearest_mode(teacher, x, c)
    counts = torch.bincount(mode[distance < within], minlength=len(teacher.weights))
    return counts / len(x)


def average(metric: Callable[[Tensor, Tensor], float], teacher, policy) -> float:
    """The distance to exact samples, over both conditions."""
    pairs = [(act(policy, c), exact(teacher, c, seed=1)) for c in CONDITIONS]
    return sum(metric(a, b) for a, b in pairs) / len(pairs)


def floor(metric: Callable[[Tensor, Tensor], float], teacher) -> float:
    """The same for exact samples drawn again."""
    pairs = [(exact(teacher, c, 2), exact(teacher, c, 1)) for c in CONDITIONS]
    return sum(metric(a, b) for a, b in pairs) / len(pairs)


@pytest.fixture(scope="module")
def teacher(mixture) -> MixtureTeacher:
    return mixture()


@pytest.fixture(scope="module")
def distilled(teacher) -> Student:
    return one_flow(teacher)


@pytest.fixture(scope="module")
def velocity_only(teacher) -> Student:
    return one_flow(teacher, steps=60, teacher_steps=10, **VELOCITY_ONLY)


@pytest.fixture(scope="module")
def action_only(teacher) -> Student:
    return one_flow(teacher, steps=120, teacher_steps=20, **ACTION_ONLY)


def check_gaussian(policy, teacher, exact_end, rmse, mean, cov) -> None:
    """The ODE's own end for each z, and the moments of the data."""
    for c in CONDITIONS:
        x_t, t, cond = starts(policy, c, batch=4000)
        x = act(policy, c, batch=4000)
        end = exact_end(teacher, x_t, t, cond).flatten(1)
        assert float((x - end).square().mean().sqrt()) < rmse
        mu = teacher.component_means(cond[:1])[0, 0]
        torch.testing.assert_close(x.mean(0), mu, atol=mean, rtol=0)
        truth = torch.tensor([[0.3, 0.2], [0.2, 0.4]])
        torch.testing.assert_close(x.T.cov(), truth, atol=cov, rtol=0)


def test_on_the_gaussian_one_flow_is_the_ode_s_linear_map(
    gaussian, exact_end, schedule
):
    teacher = gaussian(schedule)
    policy = one_flow(teacher, steps=100, teacher_steps=40)
    check_gaussian(policy, teacher, exact_end, rmse=0.06, mean=0.06, cov=0.1)


def test_a_network_read_as_velocity_learns_the_same_map(gaussian, exact_end):
    teacher = gaussian()
    student = untrained(teacher, head=raw_as_velocity)
    policy = train(OneFlow, teacher, student, 100, teacher_steps=40)
    check_gaussian(policy, teacher, exact_end, rmse=0.06, mean=0.06, cov=0.1)


def test_on_the_gaussian_mean_flow_needs_no_path(gaussian, exact_end, schedule):
    teacher = gaussian(schedule)
    policy = train(MeanFlow, teacher, untrained(teacher), 400)
    check_gaussian(policy, teacher, exact_end, rmse=0.25, mean=0.25, cov=0.15)


def test_on_the_gaussian_velocity_alone_gives_the_mean(gaussian):
    teacher = gaussian()
    policy = one_flow(teacher, steps=60, teacher_steps=10, **VELOCITY_ONLY)
    x = act(policy, 0.5)
    mu = teacher.component_means(torch.tensor([[0.5]]))[0, 0]
    torch.testing.assert_close(x.mean(0), mu, atol=0.06, rtol=0)
    assert x.std(0).max() < 0.1, "the truth is .55 and .63"


@pytest.mark.parametrize(
    ("metric", "reached"), [(energy_distance, 0.035), (sliced_wasserstein, 0.15)]
)
def test_on_the_mixture_against_three_references(teacher, distilled, metric, reached):
    """Exact samples drawn again, the teacher in one step, an untrained student."""
    distance = average(metric, teacher, distilled)
    assert floor(metric, teacher) < distance < reached
    assert distance < 0.25 * average(metric, teacher, Student(teacher))
    assert distance < 0.25 * average(metric, teacher, untrained(teacher))


def test_on_the_mixture_all_modes_are_kept_in_their_weights(teacher, distilled):
    for c in CONDITIONS:
        x = act(distilled, c, batch=4000)
        mode, distance = nearest_mode(teacher, x, c)
        share = torch.bincount(mode, minlength=3) / len(x)
        torch.testing.assert_close(share, teacher.weights, atol=0.05, rtol=0)
        assert float((distance < 0.36).float().mean()) > 0.6, "within 3 sigma"
        assert recall(teacher, x, c, within=0.36).min() > 0.05


def test_the_same_z_leads_teacher_and_student_to_the_same_end(teacher, distilled):
    for c in CONDITIONS:
        x_t, _, cond = starts(distilled, c)
        end = teacher_path(teacher, x_t, cond, 30).end.flatten(1)
        x = act(distilled, c)
        agree = nearest_mode(teacher, x, c)[0] == nearest_mode(teacher, end, c)[0]
        assert float(agree.float().mean()) > 0.96
        assert float((x - end).norm(dim=-1).median()) < 0.25


def test_velocity_alone_averages_the_modes(teacher, velocity_only):
    """Expected: one step along the ODE's own slope leads to the mean of all ends."""
    for c in CONDITIONS:
        x = act(velocity_only, c)
        assert recall(teacher, x, c, within=0.36).sum() == 0
        mean = exact(teacher, c, seed=1).mean(0)
        torch.testing.assert_close(x.mean(0), mean, atol=0.06, rtol=0)
        assert x.std(0).max() < 0.1, "the truth is .8"
    assert average(energy_distance, teacher, velocity_only) > 0.5


def test_one_student_serves_one_two_and_four_steps(teacher, distilled, velocity_only):
    for nfe in (1, 2, 4):
        distance = average(energy_distance, teacher, distilled.with_nfe(nfe))
        assert distance < 0.05
        averaged = average(energy_distance, teacher, velocity_only.with_nfe(nfe))
        assert distance < 0.3 * averaged


def test_action_alone_has_one_step_and_no_more(teacher, action_only):
    """Expected: it has never seen a point on the way."""
    assert average(energy_distance, teacher, action_only) < 0.08
    assert average(energy_distance, teacher, action_only.with_nfe(4)) > 0.1


def test_on_the_mixture_mean_flow_needs_no_path(teacher):
    policy = train(MeanFlow, teacher, untrained(teacher), 500)
    assert average(energy_distance, teacher, policy) < 0.12
    for c in CONDITIONS:
        mode, _ = nearest_mode(teacher, act(policy, c), c)
        share = torch.bincount(mode, minlength=3) / len(mode)
        torch.testing.assert_close(share, teacher.weights, atol=0.1, rtol=0)


def test_chunks_go_one_way_or_the_other_as_a_whole(chunk_mixture):
    policy = one_flow(chunk_mixture, steps=160, teacher_steps=20)
    for c in CONDITIONS:
        found = recall(chunk_mixture, act(policy, c), c, within=0.6)
        truth = recall(chunk_mixture, exact(chunk_mixture, c, 2), c, within=0.6)
        torch.testing.assert_close(found, truth, atol=0.2, rtol=0)
        one_step = act(Student(chunk_mixture), c)
        assert recall(chunk_mixture, one_step, c, within=0.6).sum() == 0
    for nfe in (1, 2, 4):
        distance = average(energy_distance, chunk_mixture, policy.with_nfe(nfe))
        assert distance < 0.15, "the teacher in one step: 1.3"
