"""A family's table: which columns there are, and what stands beneath."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from onehop_evaluate import Column, difference, estimate, markdown
from onehop_tasks import families

from ._family import FamilyRow, Pace, parts_of, rows_of
from ._family_pairs import Pair, pairs_of
from ._finished import Finished, Peak, finished, peak
from ._table import narrow

__all__ = ["FamilyTable"]

POLICY: Column[FamilyRow] = Column("policy", lambda row: row.name)
KEPT: Column[FamilyRow] = Column("of the teacher's", lambda row: estimate(row.kept))
TO_ALL: Column[FamilyRow] = Column(
    "success - all steps", lambda row: difference(row.versus_full)
)
TO_ONE: Column[FamilyRow] = Column(
    "success - 1 step", lambda row: difference(row.versus_one)
)
SUCCESS: Column[FamilyRow] = Column("success", lambda row: estimate(row.success))
SENSING: Column[FamilyRow] = Column("sensing [ms]", lambda row: _sensing(row.pace))
HERTZ: Column[FamilyRow] = Column("decisions [Hz]", lambda row: f"{row.pace.hertz:.1f}")

PAIRS: tuple[Column[Pair], ...] = (
    Column("success of", lambda pair: pair.policy),
    Column("less that of", lambda pair: pair.other),
    Column("tasks", lambda pair: str(pair.tasks)),
    Column("difference", lambda pair: difference(pair.difference)),
)


@dataclass(frozen=True, eq=False)
class FamilyTable:
    """All that the table of a family is made of.

    Attributes:
        family: Its name.
        judged: Name of the starts, and of how policies come by their plans.
        studies: Those that are finished.
        rows: What policies achieve over them.
        pairs: What students achieve beside each other.
        most: The most memory that a cell of theirs had.
    """

    family: str
    judged: str
    studies: Sequence[Finished]
    rows: Sequence[FamilyRow]
    pairs: Sequence[Pair]
    most: Peak | None

    @classmethod
    def of(cls, out: Path, family: str, judged: str) -> FamilyTable | None:
        """What lies in a folder; None if no study is finished.

        Raises:
            BadInput: if a study's results are none.
        """
        studies = finished(out, family, judged)
        if not studies:
            return None
        rows, pairs = rows_of(studies), pairs_of(studies)
        return cls(family, judged, studies, rows, pairs, peak(out, studies))

    @property
    def of_all(self) -> int:
        """How many studies the family has, finished or not."""
        return len(families()[self.family])

    def markdown(self) -> str:
        """Rows, students beside each other, tasks, and what all that is of."""
        names = {study.name: study for study in self.studies}
        each = [Column[str]("task", lambda name: name)]
        each += [Column[str]("part", lambda n: names[n].part)] if self._parts else []
        each += [Column(row.name, _at(row)) for row in self.rows]
        tables = [markdown(self._columns(), self.rows)]
        tables += [markdown(PAIRS, self.pairs)] if self.pairs else []
        tables += [markdown(each, list(names))]
        return "\n".join([*tables, f"{self}\n"])

    def terminal(self) -> Table:
        """The most important columns, for rich to print."""
        columns = (POLICY, self._counted(), SUCCESS, TO_ALL, TO_ONE, HERTZ)
        return narrow(columns, self.rows)

    @property
    def _parts(self) -> list[str]:
        return parts_of(self.studies)

    def _counted(self) -> Column[FamilyRow]:
        return Column("tasks", lambda row: f"{len(row.tasks)} of {self.of_all}")

    def _columns(self) -> tuple[Column[FamilyRow], ...]:
        seen = any(row.pace.sensing is not None for row in self.rows)
        return (
            POLICY,
            Column("NFE", lambda row: str(row.nfe)),
            self._counted(),
            SUCCESS,
            *(Column(part or "others", _of(part)) for part in self._parts),
            TO_ALL,
            TO_ONE,
            KEPT,
            Column("1 thread [ms]", lambda row: f"{row.pace.deciding * 1e3:.2f}"),
            *((SENSING,) if seen else ()),
            HERTZ,
        )

    def __str__(self) -> str:
        """What stands beneath."""
        often = _span([study.episodes for study in self.studies])
        said = [
            f"{len(self.studies)} of {self.of_all} tasks of {self.family} are done, "
            f"{often} episodes each per policy ({self.judged}).",
            "Success is the mean over tasks; brackets: 95 % intervals of a bootstrap "
            "over tasks, and over starts (and training seeds) within tasks. "
            "Differences to the teacher at all steps and at one, and the share of the "
            "former's success, are paired by task and start; so are those of students "
            "to each other.",
            *self._taught(),
            "Times are medians over tasks, one thread; a decision includes sensing "
            "where that is told.",
            *self._warnings(),
        ]
        if self.most is not None:
            gigabytes, cell = self.most.memory / 1e9, self.most.cell
            said.append(
                f"The most memory that a cell had: {gigabytes:.2f} GB ({cell})."
            )
        return " ".join(said)

    def _taught(self) -> list[str]:
        """How many teachers tasks have, if any has several."""
        often = _span([study.teachers for study in self.studies])
        if often == "1":
            return []
        return [
            f"Tasks have {often} teachers, each with demonstrations, a seed and "
            "students of its own, who are compared with it alone."
        ]

    def _warnings(self) -> list[str]:
        """What keeps rows from being compared, where something does."""
        said = []
        if len({frozenset(row.tasks) for row in self.rows}) > 1:
            said.append(
                "Rows are not all of the same tasks: compare them by their "
                "differences, which are paired."
            )
        if len({version for study in self.studies for version in study.onehop}) > 1:
            said.append("Tasks were carried out by different versions of onehop.")
        if len({made for study in self.studies for made in study.processors}) > 1:
            said.append("Times were taken on different processors.")
        return said


def _at(row: FamilyRow) -> Callable[[str], str]:
    return lambda name: f"{row.tasks[name]:.2f}" if name in row.tasks else "-"


def _of(part: str) -> Callable[[FamilyRow], str]:
    return lambda row: estimate(row.parts[part])


def _span(counts: Sequence[int]) -> str:
    """From the least to the greatest."""
    return " to ".join(map(str, dict.fromkeys((min(counts), max(counts)))))


def _sensing(pace: Pace) -> str:
    return "-" if pace.sensing is None else f"{pace.sensing * 1e3:.2f}"
