from collections.abc import Callable

import pytest
import torch
from torch.testing import assert_close

from onehop_interfaces import BadInput, Schedule
from onehop_interfaces.acting import decide
from onehop_interfaces.exact import MixtureTeacher
from onehop_interfaces.testing import check_policy, random_obs
from onehop_teachers import (
    EDM,
    Cosine,
    DiffusionTeacher,
    SampledPolicy,
    Sampler,
    SquaredCosine,
    ddim,
    ddpm,
    euler,
    heun,
)

MakeTeacher = Callable[..., DiffusionTeacher]
SAMPLERS = [ddpm, ddim, euler, heun]


@pytest.mark.parametrize("schedule", [SquaredCosine(), Cosine(), EDM()], ids=str)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_conforms(
    make_teacher: MakeTeacher, schedule: Schedule, sampler: Sampler
) -> None:
    teacher = make_teacher(schedule)
    obs = random_obs(teacher.signature, batch=3)
    check_policy(SampledPolicy(teacher, sampler, steps=5), obs)


@pytest.mark.parametrize(
    ("sampler", "nfe"), [(ddpm, 10), (ddim, 10), (euler, 10), (heun, 19)]
)
def test_nfe_is_what_a_decision_costs(
    make_teacher: MakeTeacher, sampler: Sampler, nfe: int
) -> None:
    teacher = make_teacher()
    policy = SampledPolicy(teacher, sampler, steps=10)
    calls = []
    teacher.net.register_forward_hook(lambda *_: calls.append(1))
    decide(policy, random_obs(teacher.signature, batch=2))
    assert policy.nfe == len(calls) == nfe


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_actions_are_samples_in_the_environments_units(sampler: Sampler) -> None:
    """A narrow Gaussian about c, actions being 50 x: every decision is about 50 c."""
    teacher = MixtureTeacher(
        torch.ones(1),
        torch.zeros(1, 2),
        torch.eye(2)[None],
        1e-6 * torch.eye(2)[None],
        schedule=SquaredCosine(),
        scale=50.0,
    )
    state = torch.tensor([[[3.0, -4.0]], [[0.0, 1.0]]])
    policy = SampledPolicy(teacher, sampler, steps=20)
    actions = decide(policy, {"state": state}, torch.Generator().manual_seed(0))
    assert_close(actions, 50 * state, rtol=0, atol=0.5)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_noise_is_all_that_a_decision_draws(
    make_teacher: MakeTeacher, sampler: Sampler
) -> None:
    """One chunk to start from, and for DDPM one for every step but the last."""
    policy = SampledPolicy(make_teacher(), sampler, steps=6)
    assert policy.noise == (6 if sampler is ddpm else 1, 4, 2)


def test_the_first_chunk_of_noise_is_the_same_however_many_follow(
    make_teacher: MakeTeacher,
) -> None:
    teacher = make_teacher()
    obs, seen = random_obs(teacher.signature, batch=3), []
    teacher.net.register_forward_hook(lambda _, args, __: seen.append(args[0]))
    decide(SampledPolicy(teacher, ddpm, 6), obs, torch.Generator().manual_seed(0))
    decide(SampledPolicy(teacher, ddim, 1), obs, torch.Generator().manual_seed(0))
    assert torch.equal(seen[0], seen[6])


def test_refuses_more_steps_than_the_schedule_has(make_teacher: MakeTeacher) -> None:
    with pytest.raises(BadInput, match="1 to 100, got 101"):
        SampledPolicy(make_teacher(), ddim, steps=101)
