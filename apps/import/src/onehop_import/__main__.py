"""onehop-import: another project's checkpoint as a teacher, its data as a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import tyro
from tqdm import tqdm  # type: ignore[import-untyped,unused-ignore]

from onehop_envs import episodes_at, write_episodes
from onehop_interfaces import exit_on_bad_input, versions
from onehop_teachers import save_teacher

from .config import DESCRIPTION, Command, Data, Import

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Import as the command line says."""
    words = sys.argv[1:] if argv is None else list(argv)
    command: Import | Data = tyro.cli(
        Command, prog="onehop-import", description=DESCRIPTION, args=words
    )
    with exit_on_bad_input("onehop-import"):
        if isinstance(command, Data):
            print(_demonstrations(command))
        else:
            print(_teacher(command, words))


def _teacher(command: Import, words: Sequence[str]) -> str:
    """Write a teacher's checkpoint; what it is, in one line."""
    teacher = command.teacher()
    provenance = {
        "command": ["onehop-import", *words],
        "imported_from": str(command.source),
        "versions": versions(),
    }
    save_teacher(command.out, teacher, provenance)
    seen = ", ".join(f"{k} {shape}" for k, shape in teacher.signature.obs.items())
    return f"{command.out}: sees {seen}; plans {teacher.signature.chunk}"


def _demonstrations(command: Data) -> str:
    """Write a demonstration file; what it holds, in one line."""
    try:
        source = episodes_at(command.source)
        with tqdm(total=len(source.lengths), unit="episode", smoothing=0.1) as bar:
            written = write_episodes(
                source, command.out, lambda done, _: bar.update(done - bar.n)
            )
    except KeyboardInterrupt:
        sys.exit("onehop-import: interrupted; the same command goes on from here")
    seen = ", ".join(f"{name} {shape}" for name, shape in sorted(written.obs.items()))
    return (
        f"{command.out}: {written.episodes} episodes, {written.steps} steps; {seen}; "
        f"{written.nbytes / 1e6:.1f} MB, sha256 {written.sha256}"
    )


if __name__ == "__main__":
    main()
