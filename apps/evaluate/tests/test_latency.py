from itertools import count

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from onehop_evaluate import Latency, decider, measure_latency, threads
from onehop_evaluate._latency import BLOCK, WARM_UP


class Clock:
    """Advances only when someone computes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def worker(self, calls: list[str], name: str, seconds):
        """Decides in the next of `seconds`."""

        def decide():
            calls.append(name)
            self.now += next(seconds)
            return np.zeros(1, np.float32)

        return decide


def test_warm_up_is_dropped_and_the_rest_timed(cpu):
    clock, calls = Clock(), []
    slow_start = ([100.0] * WARM_UP + [2.0] * BLOCK) * 3
    (latency,) = measure_latency(
        [clock.worker(calls, "a", iter(slow_start))], cpu, 3, clock
    )
    assert_array_equal(latency.seconds, np.full(3 * BLOCK, 2.0))
    assert len(calls) == 3 * (WARM_UP + BLOCK)


def test_what_a_device_still_does_ends_before_the_clock_starts(monkeypatch):
    events = []
    monkeypatch.setattr(
        "torch.accelerator.synchronize", lambda device: events.append(device.type)
    )

    def clock() -> float:
        events.append("clock")
        return 0.0

    def decide():
        events.append("decide")

    measure_latency([decide], torch.device("meta"), 1, clock)
    timed = ["meta", "clock", "decide", "clock"]
    assert events == WARM_UP * ["decide"] + BLOCK * timed


def test_policies_take_turns_in_blocks(cpu):
    clock, calls = Clock(), []
    workers = [clock.worker(calls, name, iter([1.0] * 99)) for name in "ab"]
    measure_latency(workers, cpu, 2, clock)
    turn = WARM_UP + BLOCK
    assert "".join(calls) == ("a" * turn + "b" * turn) * 2


def test_each_policy_has_its_own_times(cpu):
    clock, calls = Clock(), []
    workers = [
        clock.worker(calls, name, iter([s] * 99))
        for name, s in (("a", 1.0), ("b", 9.0))
    ]
    a, b = measure_latency(workers, cpu, 2, clock)
    assert (a.p50, a.p95, b.p50, b.p95) == (1.0, 1.0, 9.0, 9.0)


def test_percentiles():
    latency = Latency(np.arange(101.0), 1)
    assert (latency.p50, latency.p95) == (50.0, 95.0)


@pytest.mark.parametrize("n", [1, 2])
def test_threads_are_set_recorded_and_restored(n, cpu):
    before = torch.get_num_threads()
    with threads(n):
        inside = torch.get_num_threads()
        (latency,) = measure_latency([lambda: np.zeros(1, np.float32)], cpu, 1)
    assert (inside, latency.threads, torch.get_num_threads()) == (n, n, before)


def test_decider_goes_from_numpy_to_numpy(scripted, cpu):
    policy = scripted(stride=(2.0, 3.0))
    obs = {"position": np.ones((1, 2, 2), np.float32)}
    chunk = decider(policy, obs, cpu)()
    assert isinstance(chunk, np.ndarray)
    assert_array_equal(chunk, np.tile(np.float32([2, 3]), (1, 4, 1)))
    assert_array_equal(policy.seen[0].numpy(), obs["position"])


def test_progress_tells_rounds(cpu):
    told: list[int] = []
    tick = count()
    measure_latency(
        [lambda: np.zeros(1, np.float32)], cpu, 3, lambda: next(tick), told.append
    )
    assert told == [1, 2, 3]
