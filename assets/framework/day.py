"""One table on one business day: the object with which an asset's body reads and writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

import dagster as dg
import polars as pl

from pilot.cafes import Cafes
from pilot.lake_tables.tables import RAW_EVENTS, Table
from pipelines.feedback.event_columns import FIELDS, PROBE
from storage.home import Home

Shared = TypeVar("Shared")
Figure = int | float | str | Mapping[str, int] | Sequence[str] | dg.MarkdownMetadataValue


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """The figures of a rebuild: counts, version and small plots (`assets.framework.plots`), never a row."""

    rows: int
    version: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class TableDay:
    """The rebuild of one table on one day.

    Attributes:
        home: The home to read and write.
        table: The table to rebuild.
        day: The business day.
        as_of: The moment as of which the day is judged.
        commit: Metadata of the run for the lake's commit.
        shared: Values that the days of a run share, by name.
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

    def once(self, name: str, compute: Callable[[], Shared]) -> Shared:
        """Return a value that is the same on every day of a run; compute it on the first day only."""
        if name not in self.shared:
            self.shared[name] = compute()
        value: Shared = self.shared[name]
        return value

    def read(self, table: Table, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return the day's rows of another table; select columns if all would exceed the memory."""
        return self.home.lake().read(table, days=[self.day], columns=columns)

    def write(self, frame: pl.DataFrame, **figures: Figure) -> RebuildResult:
        """Replace the day's rows of this table by `frame`; `figures` become metadata beside the row count."""
        version = self.home.lake().replace_partition(self.table, self.day, frame, commit=self.commit)
        return RebuildResult(rows=frame.height, version=version, figures=figures)

    def unchanged(self, state: str) -> RebuildResult:
        """Return the figures of a day that its state protects from rebuilds; write nothing."""
        lake = self.home.lake()
        rows = lake.read(self.table, days=[self.day], columns=["day"]).height
        return RebuildResult(rows=rows, version=lake.version(self.table) or 0, figures={"day_state": state})

    def probes(self) -> pl.DataFrame:
        """Return the day's probes, with the fields that uptime needs as columns."""
        parts = list(self.home.lake().event_parts(self.day, fields={PROBE: FIELDS[PROBE]}))
        return pl.concat(parts) if parts else self.read(RAW_EVENTS).filter(pl.col("event") == PROBE)

    def build_from_events(
        self,
        make: Callable[[pl.DataFrame], pl.DataFrame],
        *,
        fields: Mapping[str, tuple[str, ...]],
        figures: Callable[[pl.DataFrame], Mapping[str, int | Mapping[str, int]]],
        plots: Callable[[Mapping[str, Figure]], Mapping[str, Figure]] = lambda counts: counts,
    ) -> RebuildResult:
        """Replace the day's rows of this table by the rows that `make` builds, some cafés at a time.

        Args:
            make: Builds rows of this table from the raw events of whole sessions, with `fields` as columns.
            fields: The fields of each event's data that `make` needs.
            figures: Returns counts of some rows; the counts of all parts are summed.
            plots: Returns metadata derived from the summed counts; by default the counts.
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
        return RebuildResult(rows=sum(rows), version=version, figures=plots(_added(counts)))


def sum_by(frame: pl.DataFrame, by: str, column: str) -> dict[str, float]:
    """Return the sum of a column by the values of another, for plots; `by` must hold no guest's words."""
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


def count_by(frame: pl.DataFrame, column: str) -> dict[str, int]:
    """Return the count of each value of a column, which must hold no guest's words."""
    counts = frame.group_by(column).len().sort(column)
    return {str(value): int(number) for value, number in counts.iter_rows()}
