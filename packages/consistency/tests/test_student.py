import copy

import pytest
import torch
from torch import nn

from onehop_consistency import StopTime, Student, ddim
from onehop_interfaces import BadInput
from onehop_interfaces.acting import decide, raw_as_x, x_at_t
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    VarianceExploding,
)
from onehop_interfaces.testing import SmallDenoiser, check_policy, random_obs


def stop_time(teacher, seed: int = 0) -> StopTime:
    """One that has learned something."""
    torch.manual_seed(seed)
    stop = StopTime(teacher.signature, cond_dim=2, width=8)
    nn.init.normal_(stop.last.weight)
    return stop


@pytest.mark.parametrize("trajectory", [False, True])
@pytest.mark.parametrize("head", [x_at_t, raw_as_x])
@pytest.mark.parametrize("batch", [1, 7, 33])
def test_boundary_condition_to_the_last_bit(
    mixture, eps_net, schedule, batch, head, trajectory
):
    teacher = mixture(schedule)
    stop = stop_time(teacher) if trajectory else None
    student = Student(eps_net(teacher), head=head, stop=stop)
    x_t, cond = torch.randn(batch, 1, 2), torch.randn(batch, 2)
    t_min = torch.full((batch,), schedule.domain.t_min)
    clean = x_t / schedule(t_min)[0][:, None, None]
    assert torch.equal(student.consistency(x_t, t_min, cond), clean)
    t = schedule.domain.at(torch.linspace(0, 1, batch))
    assert torch.equal(student.jump(x_t, t, t, cond), x_t)


def test_before_training_a_jump_is_a_ddim_step(mixture, schedule):
    teacher = mixture(schedule).double()
    stop = StopTime(teacher.signature, cond_dim=2).double()
    x_t, cond = torch.randn(3, 1, 2).double(), torch.randn(3, 2).double()
    t, s = (schedule.domain.at(torch.full((3,), u).double()) for u in (0.7, 0.4))
    for student in (Student(teacher), Student(teacher, stop=stop)):
        expected = ddim(teacher, x_t, t, s, cond)
        torch.testing.assert_close(student.jump(x_t, t, s, cond), expected)


def test_jump_is_that_of_consistency_trajectory_models_where_alpha_is_one(mixture):
    """G = (s / t) x_t + (1 - s / t) g, with t and s the noise levels."""
    teacher = mixture(VarianceExploding())
    student = Student(teacher)
    x_t, cond = torch.randn(3, 1, 2), torch.randn(3, 2)
    t, s = torch.full((3,), 0.8), torch.full((3,), 0.3)
    ratio = teacher.schedule(s)[1][0] / teacher.schedule(t)[1][0]
    expected = ratio * x_t + (1 - ratio) * teacher(x_t, t, cond)
    torch.testing.assert_close(student.jump(x_t, t, s, cond), expected)


def test_c_out_is_that_of_the_consistency_models_paper(mixture):
    """f = .. + sigma_d (r - r_min) / root F where EDM's D = .. + r sigma_d / root F."""
    schedule, sigma_d = VarianceExploding(), 0.5
    t = torch.linspace(0.01, 1, 20)
    r, r_min = schedule(t)[1], schedule.sigma_min
    root = (r**2 + sigma_d**2).sqrt()
    song, edm = sigma_d * (r - r_min) / root, sigma_d * r / root
    ones = mixture(schedule)
    ones.forward = lambda x_t, t, cond: torch.ones_like(x_t)
    f = Student(ones).consistency(torch.zeros(20, 1, 2), t, torch.zeros(20, 2))
    torch.testing.assert_close(f[:, 0, 0], song / edm)


@pytest.mark.parametrize("nfe", [1, 2, 3])
@pytest.mark.parametrize("trajectory", [False, True])
def test_nfe_is_how_often_the_network_is_called(mixture, schedule, nfe, trajectory):
    teacher = mixture(schedule)
    net, calls = SmallDenoiser(teacher, cond_dim=2, width=8), []
    net.register_forward_hook(lambda *_: calls.append(1))
    stop = stop_time(teacher) if trajectory else None
    student = Student(net, nfe=nfe, stop=stop)
    decide(student, random_obs(teacher.signature, 2))
    assert len(calls) == student.nfe == nfe


def test_chains_start_at_the_noisiest_time_and_come_down_evenly(mixture):
    assert Student(mixture(DiscreteVP()), nfe=3).times == [99.0, 66.0, 32.0]
    chain = Student(mixture(CosineVP()), nfe=3, t_init=0.91).times
    assert chain == pytest.approx([0.91, 0.61, 0.31])


def test_renoised_chunks_have_the_marginal_s_spread(mixture, schedule):
    """What f leaves of the noise, r_min, and what is added make sigma_s."""
    student = Student(mixture(schedule).double())
    s = schedule.domain.at(torch.full((1,), 0.2, dtype=torch.float64))
    alpha_s, sigma_s = schedule(s)
    alpha_min, sigma_min = schedule(torch.full_like(s, schedule.domain.t_min))
    zero, one = torch.zeros(2, 1, 1, 1, dtype=torch.float64) + torch.tensor(
        [[[[0.0]]], [[[1.0]]]]
    )
    signal = student.renoise(one, zero, s).item()
    added = student.renoise(zero, one, s).item()
    left = alpha_s * sigma_min / alpha_min
    assert signal == pytest.approx(alpha_s.item())
    assert (left**2 + added**2).sqrt().item() == pytest.approx(sigma_s.item())


@pytest.mark.parametrize("nfe", [1, 3])
def test_the_exact_consistency_function_samples_the_gaussian(
    gaussian, pf_ode, schedule, nfe
):
    """Any chain of the true f gives p(x | c): covariance within 6 %.

    One call is off in its mean by what x_T lacks, mu over its noise: .04 for r = 20.
    """
    teacher = gaussian(schedule)

    class Exact(nn.Module):
        """g such that the jump to t_min is the ODE's."""

        def __init__(self) -> None:
            super().__init__()
            self.schedule, self.signature = schedule, teacher.signature
            self.encode, self.denormalise = teacher.encode, teacher.denormalise

        def forward(self, x_t, t, cond):
            t_min = torch.full_like(t, schedule.domain.t_min)
            (alpha, sigma), (alpha_0, sigma_0) = (
                (level[:, None, None] for level in schedule(time))
                for time in (t, t_min)
            )
            skip = sigma_0 / sigma
            end = pf_ode(teacher, x_t, t, t_min, cond)
            return (end - skip * x_t) / (alpha_0 - alpha * skip).clamp_min(1e-6)

        network = forward

    obs = {"state": torch.full((20_000, 1, 1), 0.5)}
    student = Student(Exact(), nfe=nfe)
    plan = decide(student, obs, torch.Generator().manual_seed(1))
    x = teacher.normalise(plan, obs)[:, 0]
    torch.testing.assert_close(x.mean(0), torch.tensor([1.5, 1.5]), atol=0.05, rtol=0)
    expected = torch.tensor([0.04, 0.25])
    torch.testing.assert_close(x.T.cov().diagonal(), expected, rtol=0.06, atol=0)
    assert x.T.corrcoef()[0, 1].abs() < 0.03


def test_a_stop_time_starts_as_the_teacher_and_tells_stops_apart_later(mixture):
    teacher = mixture()
    x_t, cond = torch.randn(3, 1, 2), torch.randn(3, 2)
    t, near, far = torch.full((3,), 0.8), torch.full((3,), 0.7), torch.full((3,), 0.1)
    fresh = Student(teacher, stop=StopTime(teacher.signature, 2))
    assert torch.equal(fresh.chunk(x_t, t, far, cond), teacher(x_t, t, cond))
    taught = Student(teacher, stop=stop_time(teacher))
    chunks = [taught.chunk(x_t, t, s, cond) for s in (near, far)]
    assert not torch.allclose(*chunks, atol=1e-2)


@pytest.mark.parametrize("trajectory", [False, True])
@pytest.mark.parametrize("nfe", [1, 2])
def test_conforms(mixture, schedule, nfe, trajectory):
    teacher = mixture(schedule, horizon=3)
    stop = stop_time(teacher) if trajectory else None
    student = Student(SmallDenoiser(teacher, 2), nfe=nfe, stop=stop)
    check_policy(student, random_obs(teacher.signature, 16))


def test_config_rebuilds_the_student(mixture, eps_net):
    teacher = mixture(DiscreteVP())
    options = {"nfe": 2, "t_init": 65.0, "head": raw_as_x}
    student = Student(eps_net(teacher), stop=stop_time(teacher), **options)
    rebuilt = Student.from_config(copy.deepcopy(student.net), student.config())
    rebuilt.load_state_dict(student.state_dict())
    assert rebuilt.config() == student.config()
    obs = random_obs(teacher.signature, 4)
    noise = torch.randn(4, *student.noise)
    assert torch.equal(student.act(obs, noise), rebuilt.act(obs, noise))
    plain = Student(teacher)
    assert Student.from_config(teacher, plain.config()).stop is None


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"head": "os.system"}, "got 'os.system'"),
        ({"t_init": 100.0}, "at most 99, got 100"),
        ({"t_init": None}, "t_init: expected a number, got None"),
        *(({"nfe": n}, "nfe: expected a whole") for n in (0, 1.0, True, "1", 10**9)),
        ({"stop": {"width": 8}}, r"stop: expected \['cond_dim', 'width'\]"),
        ({"stop": {"width": 0.5, "cond_dim": 1}}, "stop width: expected a whole"),
        ({"speed": 1}, "student config: expected"),
    ],
)
def test_foreign_configs_are_refused(mixture, change, line):
    config = {"nfe": 1, "t_init": 99.0, "head": "x_at_t", "stop": None}
    with pytest.raises(BadInput, match=line):
        Student.from_config(mixture(DiscreteVP()), {**config, **change})
