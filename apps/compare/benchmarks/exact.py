"""Every method on a distribution known in closed form, in one table.

    python apps/compare/benchmarks/exact.py

The data are chunks of 3 x 2 numbers in three modes of weights .5, .3 and .2 that the
condition lifts. A small network is taught to denoise them; every method distils that
network for as many updates, with one learning rate, and is judged by 4,000 chunks at
one condition against exact samples:

    sliced W    sliced Wasserstein-2 distance, 64 directions
    energy      energy distance
    recall      modes that get at least half of their weight
    weights     the largest error of a mode's weight
    between     share of chunks at no mode (exact: 1 %)

The first lines are what to compare with: other exact samples (the floor), the taught
network in ten steps and in one, and a student whose network was never taught.
"""

from __future__ import annotations

import copy
import dataclasses
import time
from typing import NamedTuple

import torch
from torch import Tensor

from onehop_interfaces import Batch, Policy, Teacher, minimise, noisy
from onehop_interfaces.acting import OneCall, decide
from onehop_interfaces.exact import DiscreteVP, MixtureTeacher
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import SmallDenoiser, energy_distance
from onehop_methods import METHODS
from onehop_teachers import SampledPolicy, ddim
from onehop_vdd_moe import Network

STEPS, BATCH, CONDITION, SAMPLES = 1_000, 128, 0.5, 4_000
SPREAD = 0.15
SETTINGS = {
    "lr": 2e-3,
    "score_lr": 2e-3,
    "latent": 64,
    "width": 128,
    "depth": 1,
    "network": Network(experts=12, width=64, head_width=64, mean_bound=1.5),
}
"""Of small networks; every recipe takes those it has."""


class Measures(NamedTuple):
    """Of chunks, against exact ones."""

    sliced: float
    energy: float
    recall: int
    weights: float
    between: float


def mixture() -> MixtureTeacher:
    """Three fans of chunks, lifted by the condition."""
    directions = torch.tensor([[-1.0, -0.6], [1.0, -0.6], [0.0, 1.1]])
    ramp = torch.linspace(0.5, 1.0, 3)
    means = torch.einsum("h,ka->kha", ramp, directions).reshape(3, 6)
    lift = torch.tensor([0.0, 0.5]).repeat(3)[:, None].expand(3, 6, 1)
    covs = SPREAD**2 * torch.eye(6).expand(3, 6, 6)
    weights = torch.tensor([0.5, 0.3, 0.2])
    return MixtureTeacher(weights, means, lift, covs, horizon=3, schedule=DiscreteVP())


def draw_batch(exact: MixtureTeacher, generator: torch.Generator) -> Batch:
    """Demonstrations at conditions in [-1, 1]."""
    cond = 2 * torch.rand(BATCH, 1, generator=generator) - 1
    return Batch({"state": cond[:, None]}, exact.sample(cond, generator))


def taught(exact: MixtureTeacher) -> SmallDenoiser:
    """A network that has learned to denoise the mixture."""
    torch.manual_seed(0)
    net = SmallDenoiser(exact, cond_dim=1, width=128)
    optimizer = torch.optim.AdamW(net.parameters(), 2e-3)
    course = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 6_000)
    draw = torch.Generator().manual_seed(0)
    for _ in range(6_000):
        batch = draw_batch(exact, draw)
        x, cond = batch.actions, net.encode(batch.obs)
        t = torch.randint(0, 100, (BATCH,), generator=draw).float()
        eps = torch.randn(x.shape, generator=draw)
        x_t = noisy(x, eps, *net.schedule(t))
        minimise((net(x_t, t, cond) - x).square().mean(), optimizer)
        course.step()
    return net


def distilled(name: str, teacher: Teacher, exact: MixtureTeacher) -> Policy:
    """A method's student after `STEPS` updates."""
    recipe = METHODS[name].recipe
    fields = {field.name for field in dataclasses.fields(recipe)}  # type: ignore[arg-type]
    given = {key: value for key, value in SETTINGS.items() if key in fields}
    draw = torch.Generator().manual_seed(1)
    distiller = recipe(**given).distiller(teacher, Run(STEPS, draw))
    for _ in range(STEPS):
        distiller.update(draw_batch(exact, draw))
    return distiller.policy


def acted(policy: Policy) -> Tensor:
    """Chunks of a policy at the condition, (SAMPLES, 6)."""
    obs = {"state": torch.full((SAMPLES, 1, 1), CONDITION)}
    return decide(policy, obs, torch.Generator().manual_seed(2)).flatten(1)


def measure(chunks: Tensor, exact: MixtureTeacher, truth: Tensor) -> Measures:
    """Of chunks (SAMPLES, 6), against exact ones of the same shape."""
    directions = torch.nn.functional.normalize(
        torch.randn(6, 64, generator=torch.Generator().manual_seed(3)), dim=0
    )
    a, b = ((x @ directions).sort(dim=0).values for x in (chunks, truth))
    means = exact.component_means(torch.full((1, 1), CONDITION))
    distance, nearest = (chunks[:, None] - means).norm(dim=-1).min(-1)
    shares = torch.bincount(nearest, minlength=3) / SAMPLES
    radius = torch.distributions.Chi2(6.0).sample((100_000,)).quantile(0.99).sqrt()
    return Measures(
        float((a - b).square().mean().sqrt()),
        energy_distance(chunks, truth),
        int((shares > exact.weights / 2).sum()),
        float((shares - exact.weights).abs().max()),
        float((distance > SPREAD * radius).float().mean()),
    )


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    exact = mixture()
    cond = torch.full((SAMPLES, 1), CONDITION)
    truth, again = (
        exact.sample(cond, torch.Generator().manual_seed(seed)).flatten(1)
        for seed in (4, 5)
    )
    teacher = taught(exact)
    untaught = OneCall(SmallDenoiser(exact, cond_dim=1, width=128))
    print("| | sliced W | energy | recall | weights | between | s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    references = {
        "exact samples": again,
        "teacher, 10 steps": acted(SampledPolicy(teacher, ddim, 10)),  # type: ignore[arg-type]
        "teacher, 1 step": acted(SampledPolicy(teacher, ddim, 1)),  # type: ignore[arg-type]
        "untaught student": acted(untaught),
    }
    for title, chunks in references.items():
        report(title, measure(chunks, exact, truth), "")
    for name, method in METHODS.items():
        start = time.perf_counter()
        policy = distilled(name, copy.deepcopy(teacher), exact)
        seconds = f"{time.perf_counter() - start:.0f}"
        report(method.title, measure(acted(policy), exact, truth), seconds)


def report(title: str, found: Measures, seconds: str) -> None:
    """A line of the table."""
    sliced, energy, recall, weights, between = found
    print(
        f"| {title} | {sliced:.3f} | {energy:.3f} | {recall} of 3 "
        f"| {weights:.2f} | {between:.2f} | {seconds} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
