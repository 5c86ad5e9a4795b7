"""onehop-collect: demonstrations, collected in parallel."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tyro
from tqdm import tqdm  # type: ignore[import-untyped,unused-ignore]

from onehop_envs import Demonstrations, write_episodes
from onehop_interfaces import (
    BadInput,
    exit_on_bad_input,
    locked,
    sources_sha256,
)

from ._collection import Collection
from ._parts import Chosen, Parts
from ._work import work
from .config import Config

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Collect as the command line says."""
    config = tyro.cli(Config, prog="onehop-collect", args=argv)
    try:
        with exit_on_bad_input("onehop-collect"):
            run(config.collection(), config.out, config.workers)
    except KeyboardInterrupt:
        sys.exit("onehop-collect: interrupted; the same command goes on from here")


def run(collection: Collection, out: Path, workers: int) -> None:
    """Collect into `out`, by way of a folder beside it.

    Raises:
        BadInput: if `out` or the folder belongs to another collection.
    """
    if out.exists():
        if collection.provenance().items() <= Demonstrations.load(out).meta.items():
            print(f"{out}: complete already")
            return
        raise BadInput(
            f"--out: expected a new file or one of this collection, {out} is of other "
            "settings or versions"
        )
    parts = Parts(out.with_name(f"{out.name}.parts"))
    with locked(parts.folder):
        parts.claim({**collection.provenance(), "onehop": sources_sha256()})
        with tqdm(total=collection.episodes, unit="episode", smoothing=0.1) as bar:
            unsolved = 0
            for solved in work(collection, parts, workers):
                unsolved += not solved
                bar.update(solved or collection.keep_unsolved)
                bar.set_postfix(unsolved=unsolved)
        written = write_episodes(_chosen(collection, parts), out)
        parts.remove()
    print(
        f"{out}: {written.episodes} episodes of "
        f"{written.steps / written.episodes:.1f} steps, {unsolved} unsolved, "
        f"sha256 {written.sha256}"
    )


def _chosen(collection: Collection, parts: Parts) -> Chosen:
    """The episodes that make the file, all of them there."""
    kept = parts.kept()
    solved = {i: of.solved for i, of in kept.items()}
    numbers = collection.wanted(solved)
    lengths = np.array([kept[i].steps for i in numbers])
    return Chosen(parts, numbers, lengths, collection.meta(solved))


if __name__ == "__main__":
    main()
