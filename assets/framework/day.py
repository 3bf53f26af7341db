"""One table on one business day: the object with which an asset's body reads and writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import dagster as dg
import polars as pl

from pilot.cafes import Cafes
from pilot.lake_tables.tables import PROBES, SESSIONS, TURNS, Table
from pipelines.feedback.event_columns import PROBE
from pipelines.figures.uptime import COLUMNS as PROBE_COLUMNS
from storage.cafe_parts import ALL, EVERY_CAFE, CafeRange
from storage.home import Home

if TYPE_CHECKING:
    from storage.spark.engine import SparkEngine

PROBE_FIELDS = ("target", "ok", "every_seconds")
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
        only: The ranges of cafés that are rebuilt; the rows of the others stay.
        engine: The engine that builds heavy tables; None: this process builds them.
    """

    home: Home
    table: Table
    day: date
    as_of: datetime
    commit: Mapping[str, str]
    shared: dict[str, Any] = field(default_factory=dict)
    only: Sequence[CafeRange] = ALL
    engine: SparkEngine | None = None

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

    def read(
        self, table: Table, *, columns: Sequence[str] | None = None, cafes: CafeRange = EVERY_CAFE
    ) -> pl.DataFrame:
        """Return the day's rows of another table; select columns or cafés if all would exceed the memory."""
        return self.home.lake().read(table, days=[self.day], columns=columns, cafes=cafes)

    def write(self, frame: pl.DataFrame, **figures: Figure) -> RebuildResult:
        """Replace the day's rows of this table by `frame`; `figures` become metadata beside the row count."""
        if self.only == ALL:
            version = self.home.lake().replace_partition(self.table, self.day, frame, commit=self.commit)
            return RebuildResult(rows=frame.height, version=version, figures=figures)
        return self._replace_cafes(lambda: [frame], figures=lambda: figures)

    def unchanged(self, state: str) -> RebuildResult:
        """Return the figures of a day that its state protects from rebuilds; write nothing."""
        lake = self.home.lake()
        rows = lake.read(self.table, days=[self.day], columns=["day"]).height
        return RebuildResult(rows=rows, version=lake.version(self.table) or 0, figures={"day_state": state})

    def probe_parts(self) -> Iterator[pl.DataFrame]:
        """Yield the day's probes, with the columns that uptime needs, in parts of whole cafés."""
        lake = self.home.lake()
        if self._probes_of_events():
            yield from lake.event_parts(self.day, fields={PROBE: PROBE_FIELDS})
        else:
            yield from lake.cafe_parts(PROBES, self.day, columns=PROBE_COLUMNS)

    def failed_probes(self) -> pl.DataFrame:
        """Return the day's probes of the cafés with a failed one: the others have no outage."""
        if self._probes_of_events():
            parts = list(self.probe_parts())
            return pl.concat(parts) if parts else self.read(PROBES)
        columns = ", ".join(f'"{name}"' for name in PROBE_COLUMNS)
        with self.home.lake().snapshot(PROBES, days=[self.day]) as snapshot:
            return snapshot.sql(
                f"SELECT {columns} FROM {PROBES.name} WHERE day = $day AND cafe IN "  # noqa: S608 - declared names
                f"(SELECT DISTINCT cafe FROM {PROBES.name} WHERE day = $day AND NOT ok)",
                {"day": self.day},
            )

    def _probes_of_events(self) -> bool:
        """Return whether the day was built by an earlier version only, whose probes are raw events."""
        with self.home.lake().snapshot(PROBES, days=[self.day]) as snapshot:
            return not snapshot.sql(f"SELECT 1 FROM {PROBES.name} WHERE day = ? LIMIT 1", [self.day]).height  # noqa: S608

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
            make: Builds rows of this table from the raw events of whole sessions, with `fields` as columns; a function
                of a module, or a partial of one, which an engine's workers can import.
            fields: The fields of each event's data that `make` needs.
            figures: Returns counts of some rows; the counts of all parts are summed.
            plots: Returns metadata derived from the summed counts; by default the counts.
        """
        lake, engine = self.home.lake(), self.engine
        if engine is not None:
            return self._whole.build_in_parts(
                lambda: engine.rows_from_events(lake, self.day, make, fields=fields, table=self.table),
                figures=figures,
                plots=plots,
            )
        return self.build_in_parts(
            lambda: (make(events) for events in lake.event_parts(self.day, fields=fields, only=self.only)),
            figures=figures,
            plots=plots,
        )

    def build_from_sessions(
        self,
        make: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame],
        *,
        columns: tuple[Sequence[str], Sequence[str]],
        figures: Callable[[pl.DataFrame], Mapping[str, int | Mapping[str, int]]],
        plots: Callable[[Mapping[str, Figure]], Mapping[str, Figure]] = lambda counts: counts,
    ) -> RebuildResult:
        """Replace the day's rows of this table by the rows that `make` builds from sessions and turns.

        Args:
            make: Builds rows of this table from the sessions of whole cafés and their turns; a function of a module, or
                a partial of one, which an engine's workers can import.
            columns: The columns of sessions and of turns that it reads.
            figures: Returns counts of some rows; the counts of all parts are summed.
            plots: Returns metadata derived from the summed counts; by default the counts.
        """
        lake, engine = self.home.lake(), self.engine
        of_sessions, of_turns = columns
        if engine is not None:
            return self._whole.build_in_parts(
                lambda: engine.rows_from_tables(lake, self.day, make, read=(SESSIONS, TURNS), table=self.table),
                figures=figures,
                plots=plots,
            )
        return self.build_by_cafes(
            lambda part: make(
                self.read(SESSIONS, columns=of_sessions, cafes=part), self.read(TURNS, columns=of_turns, cafes=part)
            ),
            read=[SESSIONS, TURNS],
            figures=figures,
            plots=plots,
        )

    def build_by_cafes(
        self,
        make: Callable[[CafeRange], pl.DataFrame],
        *,
        read: Sequence[Table],
        figures: Callable[[pl.DataFrame], Mapping[str, int | Mapping[str, int]]],
        plots: Callable[[Mapping[str, Figure]], Mapping[str, Figure]] = lambda counts: counts,
    ) -> RebuildResult:
        """Replace the day's rows of this table by the rows that `make` builds, a range of cafés at a time.

        Args:
            make: Builds the rows of a range of cafés; it reads the tables of that range only.
            read: The large tables that it reads, whose rows decide how many cafés fit in memory.
            figures: Returns counts of some rows; the counts of all parts are summed.
            plots: Returns metadata derived from the summed counts; by default the counts.
        """
        ranges = self._ranges(read)
        return self.build_in_parts(lambda: map(make, ranges), figures=figures, plots=plots)

    def gather(self, make: Callable[[CafeRange], pl.DataFrame], *, read: Sequence[Table]) -> pl.DataFrame:
        """Return the rows that `make` builds of all ranges of cafés, for a table with few rows for each café.

        Args:
            make: Builds the rows of a range of cafés; it reads the tables of that range only.
            read: The large tables that it reads, whose rows decide how many cafés fit in memory.
        """
        return pl.concat(map(make, self._ranges(read)))

    @property
    def _whole(self) -> TableDay:
        """Return this day with all its cafés: an engine builds whole days."""
        return replace(self, only=ALL)

    def _ranges(self, read: Sequence[Table]) -> list[CafeRange]:
        parts = self.home.lake().cafe_ranges(read, self.day)
        return [both for each in self.only for part in parts if (both := part.within(each)) is not None]

    def _replace_cafes(
        self, parts: Callable[[], Iterable[pl.DataFrame]], *, figures: Callable[[], Mapping[str, Figure]]
    ) -> RebuildResult:
        """Replace the rows of the ranges `only`; the figures are of these, the number of rows is the day's."""
        lake = self.home.lake()
        version = lake.replace_partition_in_parts(self.table, self.day, parts, commit=self.commit, only=self.only)
        rows = lake.rows_by_day(self.table).get(self.day, 0)
        return RebuildResult(rows=rows, version=version, figures={**figures(), "ranges_rebuilt": len(self.only)})

    def build_in_parts(
        self,
        make: Callable[[], Iterable[pl.DataFrame]],
        *,
        figures: Callable[[pl.DataFrame], Mapping[str, int | Mapping[str, int]]],
        plots: Callable[[Mapping[str, Figure]], Mapping[str, Figure]] = lambda counts: counts,
    ) -> RebuildResult:
        """Replace the day's rows of this table by parts of whole cafés, in the order of their ids.

        Args:
            make: Yields the parts; called again after a conflict.
            figures: Returns counts of some rows; the counts of all parts are summed.
            plots: Returns metadata derived from the summed counts; by default the counts.
        """
        rows: list[int] = []
        counts: list[Mapping[str, int | Mapping[str, int]]] = []

        def parts() -> Iterator[pl.DataFrame]:
            rows.clear()
            counts.clear()
            for frame in make():
                rows.append(frame.height)
                counts.append(figures(frame))
                yield frame

        if self.only != ALL:
            return self._replace_cafes(parts, figures=lambda: plots(_added(counts)))
        version = self.home.lake().replace_partition_in_parts(self.table, self.day, parts, commit=self.commit)
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


def counted(counts: Mapping[str, Figure], name: str) -> dict[str, int]:
    """Return a figure that counts values, empty if there is none: a day without rows has no parts."""
    found = counts.get(name)
    return {value: int(number) for value, number in found.items()} if isinstance(found, Mapping) else {}
