"""The conformance kit: what every schedule, teacher, policy and distiller must do.

An implementer calls the matching function in one test. Each check raises
`AssertionError` with the promise that was broken. `SmallDenoiser` is an untrained
network in a teacher's clothes, for methods that need something to train.

This module needs torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ._distiller import Batch, Distiller
from ._errors import BadInput
from ._exporting import check_export
from ._policy import Obs, Policy, Signature
from ._schedule import Schedule
from ._small import SmallDenoiser as SmallDenoiser
from ._teacher import Teacher
from .acting import decide

__all__ = [
    "SmallDenoiser",
    "calls_of",
    "check_distiller",
    "check_export",
    "check_normal",
    "check_policy",
    "check_schedule",
    "check_teacher",
    "check_uniform",
    "energy_distance",
    "random_obs",
    "same_state",
]


def random_obs(signature: Signature, batch: int, seed: int = 0) -> dict[str, Tensor]:
    """Standard normal observations that fit a signature."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(batch, signature.n_obs, *shape, generator=generator)
        for name, shape in signature.obs.items()
    }


def calls_of(net: nn.Module) -> list[tuple[Tensor, ...]]:
    """A list that fills with (x_t, t, cond, answer) at every call of a denoiser."""
    calls: list[tuple[Tensor, ...]] = []
    net.register_forward_hook(lambda _, args, x: calls.append((*args, x)))
    return calls


def check_normal(noise: Tensor, *others: Tensor) -> None:
    """Mean 0, deviation 1, unrelated to `others`: within five standard errors each."""
    noise = noise.detach().flatten()
    most = 5 * len(noise) ** -0.5
    assert abs(float(noise.mean())) < most, "standard normal noise has mean 0"
    assert abs(float(noise.std()) - 1) < most, "standard normal noise has deviation 1"
    for other in others:
        both = torch.stack([noise, other.detach().flatten()])
        assert abs(float(both.corrcoef()[0, 1])) < most, "fresh noise is unrelated"


def check_uniform(u: Tensor, low: float, high: float) -> None:
    """Draws from [low, high]: ends within 3 %, mean and deviation as in `check_normal`.

    For a few hundred draws and more.
    """
    scaled = (u.detach().double() - low) / (high - low)
    ends, error = (float(scaled.min()), float(scaled.max())), len(u) ** -0.5
    assert -0.03 < ends[0] < 0.03, f"draws begin at {low:g}"
    assert 0.97 < ends[1] < 1.03, f"draws end at {high:g}"
    deviation = 12**-0.5
    assert abs(float(scaled.mean()) - 0.5) < 5 * deviation * error, "draws are even"
    assert abs(float(scaled.std()) - deviation) < 5 * deviation * error, "and vary so"


def energy_distance(a: Tensor, b: Tensor) -> float:
    """2 E|a - b| - E|a - a'| - E|b - b'| of as many samples each; 0 if equal in law.

    Over pairs of different samples, so that chance may make it a little negative.
    """
    a, b = a.flatten(1), b.flatten(1)
    pairs = len(a) * (len(a) - 1)
    within = (torch.cdist(a, a).sum() + torch.cdist(b, b).sum()) / pairs
    return float(2 * torch.cdist(a, b).mean() - within)


def check_schedule(schedule: Schedule) -> None:
    """Levels have t's shape, are positive, and noise-to-signal grows with time."""
    t = schedule.domain.at(torch.linspace(0, 1, 17, dtype=torch.float64))
    alpha_t, sigma_t = schedule(t)
    assert alpha_t.shape == sigma_t.shape == t.shape, "levels must have t's shape"
    assert bool((alpha_t > 0).all() and (sigma_t > 0).all()), "levels must be positive"
    ratio = sigma_t / alpha_t
    assert bool((ratio.diff() > 0).all()), "sigma_t / alpha_t must grow with t"
    assert schedule.domain.grid(1) == [schedule.domain.t_max], "a grid starts at t_max"


def check_teacher(teacher: Teacher, obs: Obs) -> None:
    """Shapes fit, rows do not see one another, actions survive normalisation."""
    cond = teacher.encode(obs)
    batch, signature = len(cond), teacher.signature
    shape = (batch, *signature.chunk)
    assert cond.ndim == 2, f"encode must give (B, C), gave {tuple(cond.shape)}"
    doubles = {k: a.double() if a.is_floating_point() else a for k, a in obs.items()}
    assert teacher.encode(doubles).dtype == cond.dtype, "double observations: same type"
    x_t = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(cond)
    t = teacher.schedule.domain.at(torch.linspace(0.2, 0.8, batch)).to(cond)
    x = teacher(x_t, t, cond)
    assert x.shape == shape, f"the denoiser must give {shape}, gave {tuple(x.shape)}"
    assert teacher.network(x_t, t, cond).shape == shape, "network: same shape"
    alone = torch.cat(
        [teacher(x_t[i : i + 1], t[i : i + 1], cond[i : i + 1]) for i in range(batch)]
    )
    torch.testing.assert_close(
        alone, x, rtol=1e-4, atol=1e-4, msg="a row's answer must not depend on others"
    )
    # Of actions, since of x nothing is left where actions are constant or clipped.
    actions = teacher.denormalise(x, obs)
    again = teacher.denormalise(teacher.normalise(actions, obs), obs)
    torch.testing.assert_close(
        again,
        actions,
        rtol=1e-3,
        atol=1e-3 * float(actions.detach().abs().max()),
        msg="denormalise must undo normalise",
    )


def check_policy(policy: Policy, obs: Obs) -> None:
    """A plan per row, decided by noise alone, and bad input is refused."""
    signature, batch = policy.signature, len(next(iter(obs.values())))
    before = torch.get_rng_state()
    first = decide(policy, obs, torch.Generator().manual_seed(3))
    again = decide(policy, obs, torch.Generator().manual_seed(3))
    shape = (batch, *signature.chunk)
    assert first.shape == shape, f"expected plans {shape}, got {tuple(first.shape)}"
    assert bool(first.isfinite().all()), "plans must be finite"
    assert torch.equal(first, again), "the same generator state, the same plans"
    assert torch.equal(before, torch.get_rng_state()), "use no chance but the noise"
    assert not first.requires_grad, "deciding must not build a graph"
    noise = torch.randn(
        batch, *policy.noise, generator=torch.Generator().manual_seed(4)
    )
    torch.testing.assert_close(
        policy.act({name: frames[-1:] for name, frames in obs.items()}, noise[-1:]),
        policy.act(obs, noise)[-1:],
        rtol=1e-4,
        atol=1e-4,
        msg="a row must not depend on others",
    )
    assert policy.nfe >= 1, "a decision takes at least one network call"
    for broken in _broken(obs):
        assert _refuses(policy, broken), "bad observations must raise BadInput"


def _refuses(policy: Policy, obs: Obs) -> bool:
    try:
        decide(policy, obs)
    except BadInput:
        return True
    return False


def _broken(obs: Obs) -> list[dict[str, Tensor]]:
    """The same observations with one missing, one NaN, one frame too many."""
    name = next(iter(obs))
    longer = torch.cat([obs[name], obs[name][:, :1]], dim=1)
    rest = {key: value for key, value in obs.items() if key != name}
    broken = [rest, {**obs, name: longer}]
    for key in [key for key, array in obs.items() if array.is_floating_point()][:1]:
        nan = obs[key].clone()
        nan.view(-1)[0] = math.nan
        broken.append({**obs, key: nan})
    return broken


def check_distiller(
    make: Callable[[], Distiller], batch: Batch, frozen: nn.Module | None = None
) -> None:
    """Updates give finite metrics, move the policy, and resume bit for bit.

    Args:
        make: Builds the same distiller each time it is called.
        batch: What it learns from.
        frozen: A module that must come out untouched, usually the teacher.
    """
    untouched = _clone(frozen.state_dict()) if frozen else {}
    distiller = make()
    start = _act(distiller, batch)
    for _ in range(2):
        for name, value in distiller.update(batch).items():
            assert math.isfinite(value), f"metric {name} is {value}"
    assert not torch.equal(start, _act(distiller, batch)), "updates must teach"

    saved = _clone(distiller.state_dict())
    resumed = make()
    resumed.load_state_dict(saved)
    for _ in range(2):
        distiller.update(batch)
        resumed.update(batch)
    assert same_state(distiller.state_dict(), resumed.state_dict()), (
        "a resumed run must equal an uninterrupted one bit for bit"
    )
    if frozen:
        assert same_state(untouched, frozen.state_dict()), "the teacher must not change"
        assert all(p.grad is None for p in frozen.parameters()), (
            "no gradient may reach the teacher"
        )


def _act(distiller: Distiller, batch: Batch) -> Tensor:
    return decide(distiller.policy, batch.obs, torch.Generator().manual_seed(0))


def _clone(state: Any) -> Any:
    """A deep copy of nested dicts, lists and tensors."""
    if isinstance(state, Tensor):
        return state.detach().clone()
    if isinstance(state, Mapping):
        return {key: _clone(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return [_clone(value) for value in state]
    return state


def same_state(a: Any, b: Any) -> bool:
    """Whether two nested states are equal to the last bit."""
    if isinstance(a, Tensor):
        return isinstance(b, Tensor) and torch.equal(a, b)
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same_state(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same_state, a, b))
    return bool(a == b)
