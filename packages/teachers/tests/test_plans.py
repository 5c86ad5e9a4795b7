"""Plans of states and actions, which begin at the state now."""

import pytest
import torch

from onehop_interfaces import Batch
from onehop_interfaces.acting import decide
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import check_teacher
from onehop_teachers import (
    DiffusionTeacher,
    Inpainted,
    SampledPolicy,
    TeacherRecipe,
    TeacherTraining,
    UNet1D,
    ddim,
    ddpm,
    load_teacher,
    locomotion_teacher,
    save_teacher,
)


def data(n: int = 400) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    states = 5 + 3 * torch.randn(n, 4, 17, generator=g)
    plans = torch.cat([states, torch.rand(n, 4, 6, generator=g) - 0.3], -1)
    return {"state": states[:, :1]}, plans


def taught() -> DiffusionTeacher:
    torch.manual_seed(0)
    teacher = locomotion_teacher(4).fit(*data())
    # So that it predicts something before it has learnt.
    torch.nn.init.normal_(teacher.net.net.last.weight, std=0.05)
    return teacher


def test_it_is_a_teacher():
    check_teacher(taught(), data(8)[0])


def test_the_state_now_is_the_condition_to_the_last_bit():
    teacher = taught()
    obs, plans = data(20)
    x = teacher.normalise(plans, obs)
    assert torch.equal(x[:, 0, :17], teacher.encode(obs))
    torch.testing.assert_close(teacher.denormalise(x, obs), plans)
    all_x = teacher.normalise(data()[1], data()[0])
    torch.testing.assert_close(
        all_x[..., 17:].flatten(0, 1).std(0, correction=0), torch.ones(6)
    )


@pytest.mark.parametrize("sampler", [ddim, ddpm])
@pytest.mark.parametrize("steps", [1, 5])
def test_plans_begin_where_the_robot_is(sampler, steps):
    teacher, (obs, _) = taught(), data(6)
    plans = decide(SampledPolicy(teacher, sampler, steps), obs)
    torch.testing.assert_close(plans[:, 0, :17], obs["state"][:, 0])
    assert (plans[:, 1:, :17] - obs["state"]).abs().amax() > 0.1


def test_the_noisy_state_now_is_not_looked_at():
    teacher, (obs, _) = taught(), data(6)
    cond, t = teacher.encode(obs), torch.full((6,), 7.0)
    x_t = torch.randn(6, 4, 23)
    other = x_t.clone()
    other[:, 0, :17] += 10
    assert torch.equal(teacher(x_t, t, cond), teacher(other, t, cond))
    other[:, 0, 17] += 10
    assert not torch.equal(teacher(x_t, t, cond), teacher(other, t, cond))


def test_trunk_and_last_layer_are_the_network():
    teacher, (obs, _) = taught(), data(6)
    cond, t = teacher.encode(obs), torch.full((6,), 7.0)
    x_t, halves = torch.randn(6, 4, 23), teacher.halves
    x = halves.last(halves.trunk(x_t, t, cond)).view_as(x_t)
    found = teacher(x_t, t, cond)
    torch.testing.assert_close(x[:, 1:], found[:, 1:])
    torch.testing.assert_close(x[:, 0, 17:], found[:, 0, 17:])


def test_a_checkpoint_gives_it_back(tmp_path):
    teacher, (obs, _) = taught(), data(6)
    save_teacher(tmp_path / "teacher", teacher, {})
    again, cond = load_teacher(tmp_path / "teacher"), teacher.encode(obs)
    x_t, t = torch.randn(6, 4, 23), torch.full((6,), 7.0)
    assert torch.equal(again(x_t, t, cond), teacher(x_t, t, cond))


def test_a_u_net_of_the_public_size_begins_there_too():
    """CleanDiffuser's for HalfCheetah has 3.69 M parameters."""
    net = UNet1D(4, 23, 17, down_dims=(32, 128, 256), time_dim=32)
    inpainted, cond = Inpainted(net, 17), torch.randn(3, 17)
    x = inpainted(torch.randn(3, 4, 23), torch.zeros(3), cond)
    assert torch.equal(x[:, 0, :17], cond)
    assert 3e6 < sum(p.numel() for p in net.parameters()) < 5e6


def test_the_action_for_now_counts_as_said():
    """At weight 0 it is not learnt, at 10 its error is the loss."""
    obs, plans = data(64)
    losses = []
    for first in (0.0, 1.0, 10.0):
        torch.manual_seed(0)
        teacher = locomotion_teacher(4).fit(*data())
        torch.nn.init.zeros_(teacher.net.net.last.weight)
        torch.nn.init.zeros_(teacher.net.net.last.bias)
        run = Run(1, torch.Generator().manual_seed(0))
        training = TeacherTraining(teacher, TeacherRecipe(first_action=first), run)
        losses.append(training.update(Batch(obs, plans))["loss"])
    # The network predicts 0, of unit variance: the state now costs nothing.
    parts = (4 * 23 - 17 - 6) / (4 * 23), 6 / (4 * 23)
    for first, loss in zip((0.0, 1.0, 10.0), losses, strict=True):
        assert loss == pytest.approx(parts[0] + first * parts[1], rel=0.15)
