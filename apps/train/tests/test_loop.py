"""The loop: what a step draws, and what it comes back to after a stop."""

import pytest
import torch
from accelerate import Accelerator

from onehop_envs import Demonstrations
from onehop_interfaces import Batch, Signature
from onehop_train._data import WindowData
from onehop_train._launch import Minimiser, check_in_step
from onehop_train._loop import Plan, run

SIGNATURE = Signature({"keypoints": (20,)}, 2, 16, 8, 2)


class Noting:
    """A distiller that learns nothing, and notes its batches and its noise."""

    policy = None

    def __init__(self) -> None:
        self.generator = torch.Generator()
        self.steps: list[tuple[torch.Tensor, torch.Tensor]] = []

    def update(self, batch):
        self.steps.append((batch.actions, torch.rand(3, generator=self.generator)))
        return {"loss": 0.0}

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        assert state == {}

    def batches(self) -> set[bytes]:
        return {actions.numpy().tobytes() for actions, _ in self.steps}

    def noises(self) -> set[bytes]:
        return {noise.numpy().tobytes() for _, noise in self.steps}


def as_it_is(batch, generator):
    return batch


@pytest.fixture
def learn(data, tmp_path):
    """Run so many steps in a folder of the name, and give what was noted."""
    windows = WindowData(Demonstrations.load(data), SIGNATURE, torch.device("cpu"))

    def learn(
        name: str, steps: int, seed: int = 0, save_every: int = 1, augment=as_it_is
    ) -> Noting:
        noting = Noting()
        plan = Plan(tmp_path / name, steps, 8, seed, save_every, log_every=1)
        plan.out.mkdir(exist_ok=True)
        run(noting, noting.generator, windows, plan, Accelerator(), augment)
        return noting

    return learn


def test_batches_are_seen_as_augmented_by_what_the_step_draws(learn):
    drawn = []

    def augment(batch, generator):
        drawn.append(torch.randn((), generator=generator))
        return Batch(batch.obs, batch.actions + drawn[-1])

    plain, noting = learn("plain", 3), learn("augmented", 3, augment=augment)
    assert len(set(map(float, drawn))) == 3
    pairs = zip(plain.steps, noting.steps, drawn, strict=True)
    for (actions, _), (seen, _), added in pairs:
        assert torch.equal(seen, actions + added)


def test_every_step_draws_anew(learn):
    noting = learn("a", 6)
    assert len(noting.batches()) == len(noting.noises()) == 6


def test_a_step_draws_the_same_after_a_stop(learn):
    """So what it draws is a function of its number, and of nothing drawn before."""
    whole = learn("whole", 5)
    learn("cut", 3)
    rest = learn("cut", 5)
    for step, same in zip(rest.steps, whole.steps[3:], strict=True):
        assert all(map(torch.equal, step, same))


def test_a_state_is_saved_at_every_interval_and_at_the_end(learn, monkeypatch):
    saved = []
    monkeypatch.setattr(
        "onehop_train._loop._save",
        lambda distiller, folder, step, _: saved.append(step),
    )
    learn("a", 5, save_every=2)
    assert saved == [2, 4, 5]


def test_processes_and_seeds_draw_differently(learn, monkeypatch):
    first, other_seed = learn("first", 3), learn("seed", 3, seed=1)
    monkeypatch.setattr(Accelerator, "process_index", 1)
    second = learn("second", 3)
    for noting in (other_seed, second):
        assert not noting.batches() & first.batches()
        assert not noting.noises() & first.noises()


def test_a_process_draws_its_share(learn, monkeypatch):
    monkeypatch.setattr(Accelerator, "num_processes", 4)
    monkeypatch.setattr("onehop_train._loop.check_in_step", lambda *state: None)
    ((actions, _),) = learn("share", 1).steps
    assert len(actions) == 8 / 4


def test_the_step_is_down_the_mean_gradient(monkeypatch):
    """Two processes, whose gradients are 1 here and 5 there."""
    here = {"sum": lambda g: g + 5.0, "mean": lambda g: (g + 5.0) / 2}
    monkeypatch.setattr(Accelerator, "num_processes", 2)
    monkeypatch.setattr(
        Accelerator, "reduce", lambda self, g, how="sum": here[how](g.clone())
    )
    w = torch.nn.Parameter(torch.zeros(()))
    unused = torch.nn.Parameter(torch.zeros(()))
    minimise = Minimiser(Accelerator())
    for _ in range(2):
        minimise(w, torch.optim.SGD([w, unused], lr=1.0))
    assert (w.item(), unused.item()) == (-6.0, 0.0)


def test_processes_that_drift_apart_are_found(monkeypatch):
    for other, same in ((3.0, True), (3.5, False)):
        monkeypatch.setattr(
            Accelerator,
            "gather",
            lambda self, t, other=other: torch.cat([t, t.new_tensor([other])]),
        )
        if same:
            check_in_step(Accelerator(), 1, torch.tensor(3.0))
            continue
        with pytest.raises(RuntimeError, match="different weights"):
            check_in_step(Accelerator(), 1, torch.tensor(3.0))
