"""What a run says while it goes: a JSONL file and TensorBoard scalars.

Metrics are averaged over the interval between two lines. A resumed run drops what was
written after the state it goes on from, so that both read as if it had never stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

__all__ = ["Log"]


class Log:
    """Writer of ``log.jsonl`` and ``tensorboard/`` in a folder.

    Args:
        folder: Where.
        first: The step the run starts or goes on from.
        every: Steps averaged into one line.
    """

    def __init__(self, folder: Path, first: int, every: int) -> None:
        self.file = folder / "log.jsonl"
        self.every = every
        self.sums: dict[str, float] = {}
        self.count = 0
        self.since = time.perf_counter()
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        kept = [line for line in lines if _step_of(line) <= first]
        self.file.write_text("".join(f"{line}\n" for line in kept))
        self.board = SummaryWriter(str(folder / "tensorboard"), purge_step=first + 1)

    def add(self, step: int, metrics: Mapping[str, float]) -> None:
        """Take in the metrics of update number `step`, counted from 1."""
        for name, value in metrics.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.count += 1
        if step % self.every == 0:
            self._write(step)

    def _write(self, step: int) -> None:
        means = {name: value / self.count for name, value in self.sums.items()}
        now = time.perf_counter()
        means["steps_per_second"] = self.count / max(now - self.since, 1e-9)
        with self.file.open("a") as file:
            file.write(json.dumps({"step": step, **means}, allow_nan=False) + "\n")
        for name, value in means.items():
            self.board.add_scalar(name, value, step)
        self.sums, self.count, self.since = {}, 0, now

    def close(self) -> None:
        """Flush TensorBoard's file."""
        self.board.close()


def _step_of(line: str) -> float:
    """The step of a line; infinity for one that was cut short by a kill."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
