"""The conformance kit refuses implementers that break one promise, each by its line."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from onehop_interfaces import BadInput, Batch, minimise
from onehop_interfaces.exact import CosineVP, MixtureTeacher, gaussian_teacher
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_distiller,
    check_policy,
    check_schedule,
    check_teacher,
    random_obs,
)


class Schedule(CosineVP):
    """A sound one, with some of its levels changed."""

    def __init__(self, change: Callable[..., Any]) -> None:
        object.__setattr__(self, "change", change)

    def __call__(self, t):
        return self.change(*super().__call__(t))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda a, s: (a[:1], s), "levels must have t's shape"),
        (lambda a, s: (-a, s), "levels must be positive"),
        (lambda a, s: (a, a), "must grow with t"),
        (lambda a, s: (s, a), "must grow with t"),
    ],
)
def test_schedules(change, line):
    check_schedule(Schedule(lambda *levels: levels))
    with pytest.raises(AssertionError, match=line):
        check_schedule(Schedule(change))


def exact() -> MixtureTeacher:
    return gaussian_teacher(torch.zeros(2), torch.ones(2, 1), torch.eye(2), scale=2.0)


@pytest.mark.parametrize(
    ("name", "change", "line"),
    [
        ("encode", lambda cond: cond[None], r"encode must give \(B, C\)"),
        ("forward", lambda x: x.flatten(1), "the denoiser must give"),
        ("network", lambda x: x.flatten(1), "network: same shape"),
        ("forward", lambda x: x - x.mean(0), "must not depend on others"),
        ("normalise", lambda x: 1.1 * x, "must undo"),
    ],
)
def test_teachers(name, change, line):
    teacher = exact()
    obs = random_obs(teacher.signature, 5)
    check_teacher(teacher, obs)
    sound = getattr(teacher, name)
    setattr(teacher, name, lambda *given: change(sound(*given)))
    with pytest.raises(AssertionError, match=line):
        check_teacher(teacher, obs)


class Student(nn.Module):
    """Acts with one call of a network; a fault of its own if given one."""

    noise = (1, 2)

    def __init__(self, net: nn.Module, fault: str = "") -> None:
        super().__init__()
        self.net, self.fault = net, fault
        self.signature = Anything if fault == "takes NaN" else net.signature
        self.nfe = 0 if fault == "no calls" else 1

    def act(self, obs, noise):
        cond = obs["state"][:, -1]
        if self.fault == "own chance":
            noise = torch.randn(noise.shape)
        if self.fault == "sees its neighbours":
            noise = noise - noise.mean(0)
        x = self.net(noise, torch.full((len(cond),), 0.9), cond)
        if self.fault == "touches the global state":
            torch.rand(1)
        if self.fault == "not finite":
            return x / 0
        if self.fault == "builds a graph":
            return x.detach().requires_grad_()
        return x[:1] if self.fault == "one row" else x


class Anything:
    """The signature of one that looks at nothing that comes."""

    chunk = (1, 2)

    @staticmethod
    def check(obs):
        if "state" not in obs:
            raise BadInput("nothing to look at")


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("one row", "expected plans"),
        ("not finite", "plans must be finite"),
        ("own chance", "the same plans"),
        ("touches the global state", "use no chance but the noise"),
        ("sees its neighbours", "must not depend on others"),
        ("builds a graph", "must not build a graph"),
        ("no calls", "at least one network call"),
        ("takes NaN", "must raise BadInput"),
    ],
)
def test_policies(fault, line):
    net = SmallDenoiser(exact(), cond_dim=1, width=8)
    obs = random_obs(net.signature, 4)
    check_policy(Student(net), obs)
    with pytest.raises(AssertionError, match=line):
        check_policy(Student(net, fault), obs)


class Learning:
    """Fits a student to the batch, next to a frozen teacher; faulty if asked."""

    def __init__(self, teacher: nn.Module, fault: str) -> None:
        torch.manual_seed(0)
        self.teacher, self.fault, self.updates = teacher, fault, 0
        self.policy = Student(SmallDenoiser(exact(), cond_dim=1, width=8))
        self.optimizer = torch.optim.Adam(self.policy.parameters(), 1e-2)

    def update(self, batch):
        self.updates += 1
        draw = torch.Generator().manual_seed(self.updates)
        noise = torch.randn(len(batch.actions), 1, 2, generator=draw)
        x = self.policy.act(batch.obs, noise)
        loss = (x - batch.actions).square().mean()
        if self.fault == "teaches the teacher":
            loss = loss + next(self.teacher.parameters()).sum()
        if self.fault == "changes the teacher":
            next(self.teacher.parameters()).data.add_(1.0)
        if self.fault != "stands still":
            minimise(loss, self.optimizer)
        return {"loss": float("nan") if self.fault == "NaN" else loss.item()}

    def state_dict(self):
        parts = {"student": self.policy.state_dict(), "updates": self.updates}
        if self.fault != "forgets its optimiser":
            parts["optimizer"] = self.optimizer.state_dict()
        return parts

    def load_state_dict(self, state):
        self.policy.load_state_dict(state["student"])
        self.updates = state["updates"]
        if "optimizer" in state:
            self.optimizer.load_state_dict(state["optimizer"])


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("NaN", "metric loss is nan"),
        ("stands still", "updates must teach"),
        ("forgets its optimiser", "bit for bit"),
        ("changes the teacher", "the teacher must not change"),
        ("teaches the teacher", "no gradient may reach the teacher"),
    ],
)
def test_distillers(fault, line):
    def run(fault: str) -> None:
        teacher = SmallDenoiser(exact(), cond_dim=1, width=8)
        batch = Batch(random_obs(teacher.signature, 4), torch.ones(4, 1, 2))
        check_distiller(lambda: Learning(teacher, fault), batch, frozen=teacher)

    run("")
    with pytest.raises(AssertionError, match=line):
        run(fault)
