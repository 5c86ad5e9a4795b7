"""A collection: which episodes belong to a file.

Episode i is a function of the settings and i alone: all that is drawn by chance in it,
the start included, comes from the seed 1000000 (1 + seed) + i. The file holds the first
episodes, by i, that were solved. So neither the number of workers nor any interruption
can be seen in it.

Evaluation starts come from seeds below 1000000: no demonstration starts where a policy
is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from itertools import count, islice
from platform import python_version

from onehop_envs import Demonstrations, Json
from onehop_interfaces import BadInput
from onehop_tasks import Demonstrator

__all__ = ["Collection"]

FIRST_SEED = 1_000_000
_PATIENCE = 10  # episodes tried per episode wanted before giving up


@dataclass(frozen=True)
class Collection:
    """What is collected; see `Config` for the meaning of each setting.

    Raises:
        BadInput: naming the option that cannot be.
    """

    source: Demonstrator
    episodes: int
    seed: int
    max_steps: int
    keep_unsolved: bool

    def __post_init__(self) -> None:
        limits = {
            "episodes": (1, FIRST_SEED // _PATIENCE),
            "seed": (0, 1000),
            "max_steps": (1, 10_000),
        }
        for name, (least, most) in limits.items():
            value = getattr(self, name)
            if not least <= value <= most:
                option = name.replace("_", "-")
                raise BadInput(f"--{option}: expected {least} to {most}, got {value}")

    @property
    def settings(self) -> dict[str, Json]:
        """The options that decide what is in the file."""
        return {
            "episodes": self.episodes,
            "seed": self.seed,
            **self.source.options,
            "max_steps": self.max_steps,
            "keep_unsolved": self.keep_unsolved,
        }

    @property
    def command(self) -> str:
        """The command that makes this collection."""
        words = ["onehop-collect"]
        for name, value in self.settings.items():
            option = name.replace("_", "-")
            if isinstance(value, bool):
                words.append(f"--{option}" if value else f"--no-{option}")
            else:
                words.append(f"--{option} {value}")
        return " ".join(words)

    def start_seed(self, i: int) -> int:
        """What episode i draws by chance comes from this seed."""
        return FIRST_SEED * (1 + self.seed) + i

    def episode(self, i: int) -> Demonstrations:
        """Episode i, whether it is solved or not."""
        return self.source.episode(i, self.start_seed(i), self.max_steps)

    def wanted(self, solved: Mapping[int, bool]) -> list[int]:
        """The episodes that make the file, as far as is known.

        Args:
            solved: Episode -> whether it is solved, for those that were tried.

        Raises:
            BadInput: if so few were solved that going on makes no sense.
        """
        hopeful = (i for i in count() if self.keep_unsolved or solved.get(i, True))
        wanted = list(islice(hopeful, self.episodes))
        if wanted[-1] >= _PATIENCE * self.episodes:
            raise BadInput(
                f"expected {self.episodes} solved episodes from {len(solved)} starts, "
                f"got {sum(solved.values())}"
            )
        return wanted

    def meta(self, solved: Mapping[int, bool]) -> dict[str, Json]:
        """Where the file comes from, for the file itself."""
        wanted = self.wanted(solved)
        dropped = [i for i in range(wanted[-1]) if i not in wanted]
        return {
            **self.provenance(),
            **self.source.facts,
            "start_seeds": [self.start_seed(i) for i in wanted],
            "unsolved_start_seeds": [self.start_seed(i) for i in dropped],
        }

    def provenance(self) -> dict[str, Json]:
        """What decides every byte: the command, its settings and the versions."""
        ours = ("onehop_envs", "onehop_collect")
        return {
            "source": self.source.name,
            "command": self.command,
            "settings": self.settings,
            "versions": {
                "python": python_version(),
                **{name: import_module(name).__version__ for name in ours},
                **{name: version(name) for name in self.source.libraries},
            },
        }
