"""Read damaged files and give bad options, and count what goes wrong.

    python integration_tests/fuzz --inputs 5000 --seed 0 --targets zarr pairs

Every input is made from the seed, its target and its number alone. It must be read as
what it was, or refused in one line; nothing may crash, hang, run code from a file, or
take gigabytes. The last line printed is the tally, as JSON; each fault has one before.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from commands import COMMANDS, give
from mutations import mutate
from targets import TARGETS, Target

from onehop_interfaces import BadInput

GIB = 2**30
MEMORY = 2 * GIB
"""More than this, and it takes too much."""


class Hang(BaseException):
    """Took too long."""


def main() -> None:
    """Fuzz all targets, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200, help="in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=10, help="longer is a hang")
    names = [*TARGETS, *COMMANDS]
    parser.add_argument("--targets", nargs="+", choices=names, default=names)
    options = parser.parse_args()
    torch.set_num_threads(1)
    _bound_memory()
    tally: Counter[str] = Counter()
    each = -(-options.inputs // len(options.targets))
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in options.targets:
            start = time.perf_counter()
            fuzz = _files if name in TARGETS else _options
            work, chance = Path(scratch), f"{options.seed}/{name}"
            found = Counter(fuzz(name, each, chance, options.seconds, work))
            seconds = f"{time.perf_counter() - start:.0f} s"
            print(name, dict(found), seconds, file=sys.stderr, flush=True)
            tally += found
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({**tally, "peak GiB": round(peak, 2)}))


def _files(
    name: str, inputs: int, seed: str, seconds: float, scratch: Path
) -> Iterator[str]:
    """What came of each damaged sample of a target."""
    target, sample = TARGETS[name], scratch / name
    sample.mkdir()
    target.make(sample)
    written = target.read(sample)
    for i in range(inputs):
        rng = Random(f"{seed}/{i}")
        work, canary = scratch / "work", scratch / "canary"
        shutil.copytree(sample, work)
        mutation = mutate(work, rng, canary)
        _telling(f"{name} {i}: {mutation.kind}: {mutation.what}")
        outcome, text = _outcome(partial(target.read, work), seconds)
        if outcome == "read":
            outcome = _compare(target, mutation.kind, text, written)
        if canary.exists():
            outcome = "code executed"
            canary.unlink()
        _report(outcome, text)
        shutil.rmtree(work)
        yield outcome


def _options(
    name: str, inputs: int, seed: str, seconds: float, scratch: Path
) -> Iterator[str]:
    """What came of each command line with an option that cannot be."""
    for i in range(inputs):
        rng = Random(f"{seed}/{i}")
        work = scratch / "work"
        work.mkdir()
        main, words, left = give(name, rng, work)
        _telling(f"{name} {i}: {' '.join(words)!r:.300}")
        outcome, text = _outcome(partial(main, words), seconds)
        if outcome == "read":
            outcome, text = "bad option accepted", ""
        elif outcome == "refused" and left():
            outcome, text = "left something behind", left()
        _report(outcome, text)
        shutil.rmtree(work)
        yield outcome


def _outcome(read: Callable[[], Any], seconds: float) -> tuple[str, Any]:
    """How reading ended, and what came of it: an object, or words on it."""
    try:
        with _alarm(seconds):
            return "read", read()
    except BadInput as error:
        text = str(error)
        if "\n" in text or len(text) > 2000:
            return "no line", text
        # Memory is bounded here; elsewhere this would have been allocated.
        if re.search("MemoryError|allocate|not enough memory", text):
            return "memory", text
        return "refused", text
    except SystemExit as error:
        return ("refused" if error.code == 2 else "another exit"), f"exit {error.code}"
    except Hang:
        return "hang", traceback.format_exc()
    except MemoryError:
        return "memory", traceback.format_exc()
    except BaseException:
        return "traceback", traceback.format_exc()


def _compare(target: Target, kind: str, came: Any, written: Any) -> str:
    if _same(came, written):
        return "read as written"
    return "damage accepted" if kind in target.sure else "read otherwise"


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        nan = a.dtype.kind == "f" and b.dtype.kind == "f"
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=nan)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    return type(a) is type(b) and bool(a == b)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: Any) -> None:
        raise Hang

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _bound_memory() -> None:
    """Let this process's own memory grow by no more than `MEMORY`; Linux can."""
    status = Path("/proc/self/status")
    if status.exists():
        data = int(re.search(r"VmData:\s+(\d+) kB", status.read_text())[1])
        limit = 1024 * data + MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


FAULTS = {
    *("code executed", "traceback", "no line", "memory", "hang", "damage accepted"),
    *("another exit", "bad option accepted", "left something behind"),
}


def _telling(line: str) -> None:
    """Say what comes now: the last such line tells of a crash."""
    print(line.encode("unicode_escape").decode(), flush=True)


def _report(outcome: str, text: Any) -> None:
    if outcome in FAULTS:
        print(f"FAULT {outcome}: {text!s:.4000}", flush=True)


if __name__ == "__main__":
    main()
