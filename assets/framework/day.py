"""One table on one business day: what an asset's body reads from and writes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

import dagster as dg
import polars as pl

from pilot.cafes import Cafes
from pilot.tables import RAW_EVENTS, Table
from pipelines.recorded import FIELDS, PROBE
from storage.home import Home

Found = TypeVar("Found")
Figure = int | float | str | Mapping[str, int] | Sequence[str] | dg.MarkdownMetadataValue


@dataclass(frozen=True, slots=True)
class Written:
    """What a rebuild wrote, in figures: counts, versions and small plots (`assets.framework.plots`), never a row."""

    rows: int
    version: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class TableDay:
    """A table's rebuild of one day.

    Attributes:
        home: The home that is read and written.
        table: The table that is rebuilt.
        day: The business day.
        as_of: The moment up to which the day is judged.
        commit: What the lake's commit remembers of the run.
        shared: What the days of a run have in common, by name.
    """

    home: Home
    table: Table
    day: date
    as_of: datetime
    commit: Mapping[str, str]
    shared: dict[str, Any] = field(default_factory=dict)

    @property
    def cafes(self) -> Cafes:
        """Return the cafés."""
        return self.home.cafes()

    def once(self, name: str, look: Callable[[], Found]) -> Found:
        """Return what is the same on every day of a run; it is looked for on the first one alone."""
        if name not in self.shared:
            self.shared[name] = look()
        found: Found = self.shared[name]
        return found

    def read(self, table: Table, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return the day's rows of another table; only some columns where the others would fill the memory."""
        return self.home.lake().read(table, days=[self.day], columns=columns)

    def write(self, frame: pl.DataFrame, **figures: Figure) -> Written:
        """Replace the day's rows of this table by `frame`; `figures` are shown beside their number."""
        version = self.home.lake().replace_partition(self.table, self.day, frame, commit=self.commit)
        return Written(rows=frame.height, version=version, figures=figures)

    def as_it_stands(self, state: str) -> Written:
        """Return what the day holds, unwritten: its state lets no rebuild touch it."""
        lake = self.home.lake()
        rows = lake.read(self.table, days=[self.day], columns=["day"]).height
        return Written(rows=rows, version=lake.version(self.table) or 0, figures={"day_state": state})

    def probes(self) -> pl.DataFrame:
        """Return the day's probes, the fields that uptime takes as columns."""
        parts = list(self.home.lake().event_parts(self.day, fields={PROBE: FIELDS[PROBE]}))
        return pl.concat(parts) if parts else self.read(RAW_EVENTS).filter(pl.col("event") == PROBE)

    def build_from_events(
        self,
        make: Callable[[pl.DataFrame], pl.DataFrame],
        *,
        fields: Mapping[str, tuple[str, ...]],
        figures: Callable[[pl.DataFrame], Mapping[str, int | Mapping[str, int]]],
        plots: Callable[[Mapping[str, Figure]], Mapping[str, Figure]] = lambda counts: counts,
    ) -> Written:
        """Replace the day's rows of this table by what `make` makes of its raw events, some cafés at a time.

        Args:
            make: Gets whole sessions, their fields as columns, and returns their rows of this table.
            fields: What `make` takes from each event's data.
            figures: Counts of some rows; those of the parts are added up.
            plots: What is told of the sums; the sums themselves by default.
        """
        lake = self.home.lake()
        rows: list[int] = []
        counts: list[Mapping[str, int | Mapping[str, int]]] = []

        def parts() -> Iterator[pl.DataFrame]:
            rows.clear()
            counts.clear()
            for events in lake.event_parts(self.day, fields=fields):
                frame = make(events)
                rows.append(frame.height)
                counts.append(figures(frame))
                yield frame

        version = lake.replace_partition_in_parts(self.table, self.day, parts, commit=self.commit)
        return Written(rows=sum(rows), version=version, figures=plots(_added(counts)))


def summed(frame: pl.DataFrame, by: str, column: str) -> dict[str, float]:
    """Return the sum of a column for each value of another, a name of the contract or of a café; for plots."""
    sums = frame.group_by(by).agg(pl.col(column).sum()).sort(by)
    return {str(value): total for value, total in sums.iter_rows()}


def _added(counts: Sequence[Mapping[str, int | Mapping[str, int]]]) -> dict[str, Figure]:
    added: dict[str, Figure] = {}
    for each in counts:
        for name, figure in each.items():
            before = added.get(name)
            if isinstance(figure, int):
                added[name] = figure + (before if isinstance(before, int) else 0)
            else:
                known = before if isinstance(before, Mapping) else {}
                added[name] = {value: known.get(value, 0) + figure.get(value, 0) for value in sorted({*known, *figure})}
    return added


def counted(frame: pl.DataFrame, column: str) -> dict[str, int]:
    """Return how often each value of a column occurs, for figures; only for columns of names, never of words."""
    counts = frame.group_by(column).len().sort(column)
    return {str(value): int(number) for value, number in counts.iter_rows()}
