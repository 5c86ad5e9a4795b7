"""Runs of onehop-train that are killed: before a file operation, or after a time.

Reads a line of JSON per run from stdin, {"words": [...], "operation": n, "seconds": s},
either of the two null, and answers with {"status": ..., "operations": ..., "seconds":
...}: the status as of a process, negative if it was killed. Every run is a fork of this
process, which has imported everything and computed nothing.
"""

import itertools
import json
import os
import select
import signal
import sys
import time

import torch._dynamo  # noqa: F401, which every optimiser would import

import onehop_train._train  # noqa: F401, for its imports
from onehop_train.__main__ import main

WRITES = {
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.truncate",
    "fcntl.flock",
}


def kill_before(operation: int | None) -> "itertools.count[int]":
    """Kill this process before it changes files for the `operation`-th time."""
    count = itertools.count(1)

    def step() -> None:
        if next(count) == operation:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, args: tuple) -> None:
        writes = event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes or event in WRITES:
            step()

    real = os.fsync
    os.fsync = lambda descriptor: (step(), real(descriptor))[1]
    sys.addaudithook(hook)
    return count


def run(words: list[str], operation: int | None, seconds: float | None) -> dict:
    start = time.perf_counter()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(quiet, standard)
        count = kill_before(operation)
        status = 0
        try:
            main(words)
        except SystemExit as stop:
            status = 0 if stop.code is None else 2
        except BaseException:
            status = 1
        os.write(writing, str(next(count) - 1).encode())
        os._exit(status)
    os.close(writing)
    # The pipe can be read as soon as the run has ended, in whatever way.
    if not select.select([reading], [], [], seconds)[0]:
        os.kill(child, signal.SIGKILL)
    done = os.read(reading, 20)
    os.close(reading)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    took = time.perf_counter() - start
    return {"status": status, "operations": int(done or 0), "seconds": took}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)
