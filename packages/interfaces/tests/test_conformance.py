"""The conformance kit refuses implementers that break one promise, each by its line."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from onehop_interfaces import Batch, minimise
from onehop_interfaces.drawing import standard_normal
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

    def __init__(self, net: nn.Module, fault: str = "") -> None:
        super().__init__()
        self.net, self.signature, self.fault = net, net.signature, fault
        self.nfe = 0 if fault == "no calls" else 1

    def forward(self, obs, generator=None):
        if (
            self.fault != "takes NaN"
            or not obs.get("state", torch.zeros(1)).isnan().any()
        ):
            self.signature.check(obs)
        with torch.set_grad_enabled(self.fault == "builds a graph"):
            return self.act(obs, generator)

    def act(self, obs, generator):
        cond = obs["state"][:, -1]
        drawn = None if self.fault == "own chance" else generator
        if self.fault == "one chance for all" and isinstance(drawn, list):
            drawn = drawn[0]
        z = standard_normal(torch.empty(len(cond), 1, 2), drawn)
        x = self.net(z, torch.full((len(cond),), 0.9), cond)
        if self.fault == "touches the global state":
            torch.rand(1)
        if self.fault == "not finite":
            return x / 0
        return x[:1] if self.fault == "one row" else x


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("one row", "expected actions"),
        ("not finite", "actions must be finite"),
        ("own chance", "the same actions"),
        ("touches the global state", "use the generator given"),
        ("one chance for all", "a generator of its own"),
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
        x = self.policy.act(batch.obs, torch.Generator().manual_seed(self.updates))
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
