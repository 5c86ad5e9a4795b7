"""For long at 20 Hz: no drift, no growth, and the log says the same again.

On virtual time, ticks taking up to 40 ms of it. A whole hour takes minutes:
ONEHOP_HOURS=1 pytest packages/kinova-driver/tests/test_hour.py
"""

import gc
import os
import sys

import numpy as np
import pytest

from onehop_kinova_driver import Phase, Scene, Scheduled, Sphere, differing, read_log
from onehop_kinova_driver import Recorder as NewRecorder

SECONDS = 3600 * float(os.environ.get("ONEHOP_HOURS", "0.05"))


def test_an_hour(bench, tmp_path):
    rng = np.random.default_rng(0)

    def slow(call):
        call.clock.sleep_until(call.clock.now() + rng.uniform(0, 0.02))
        return call.make()

    b = bench([Scheduled(0.0, 1e9, slow)])
    b.scene = Scene((Sphere((0.3, 0.5, 0.3), 0.05),))
    record = NewRecorder(tmp_path / "log", b.loop._gate)
    b.loop._record = record
    b.start()
    start = b.clock.now()
    blocks, late = [], []

    def done() -> bool:
        b.calls.clear()
        now = b.clock.now() - start
        late.append(now % 0.05)
        if len(late) == 500:
            late[:] = [max(late)]
            blocks.append(sys.getallocatedblocks())
        return now >= SECONDS

    gc.collect()
    gc.disable()  # as the driver does
    try:
        b.loop.run(done)
    finally:
        gc.enable()
    record.close()
    assert b.loop.phase == Phase.ACTIVE
    assert b.loop.counts["ticks"] == pytest.approx(SECONDS / 0.05, abs=2)
    assert b.loop.counts["misses"] == 0
    assert max(late) < 0.05
    # Of the first the caches were cold.
    assert blocks[-1] - blocks[1] < 500
    log = read_log(tmp_path / "log")
    assert log.whole
    assert len(log.ticks) == b.loop.counts["ticks"]
    grid = np.array([t.times.late for t in log.ticks])
    assert np.abs(grid).max() < 1e-6 * SECONDS
    assert differing(log) == []
