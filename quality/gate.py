"""Whether a business day's rows are good enough to pay and to report from: what the last verdicts say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from pilot.columns import Table
from pilot.insight_tables import QUALITY_VERDICTS, QUARANTINE

if TYPE_CHECKING:
    from storage.lake import Lake


@dataclass(frozen=True, slots=True)
class Stop:
    """One expectation that stands in the way."""

    day: date
    table: str
    expectation: str
    breaking: int | None


@dataclass(frozen=True, slots=True)
class Gate:
    """What the verdicts say about some days.

    Attributes:
        stops: Expectations that fail and stop payments and reports.
        unjudged: Days of which a table has no verdict, or none that is new enough.
    """

    stops: tuple[Stop, ...]
    unjudged: tuple[date, ...]

    @property
    def open(self) -> bool:
        """Return whether nothing stands in the way: everything was judged, and nothing stops."""
        return not (self.stops or self.unjudged)


def gate(
    lake: Lake, tables: Collection[Table], *, days: Collection[date], judged_since: datetime | None = None
) -> Gate:
    """Return what the last verdicts on these tables say about these days; imports no suite, so it is quick anywhere.

    Args:
        lake: The lake.
        tables: What the payment or the report rests on; one that was never written needs no verdict.
        days: The business days that it is about.
        judged_since: Older verdicts do not count.
    """
    with lake.snapshot(QUALITY_VERDICTS, days=days) as snapshot:
        found = snapshot.sql(
            "select day, table_name, expectation, passed, severity, breaking, judged_at from quality_verdicts "
            "where list_contains(?, day) and list_contains(?, table_name) order by all",
            [sorted(days), sorted(table.name for table in tables)],
        ).to_dicts()
    judged = {
        (row["day"], row["table_name"]) for row in found if judged_since is None or row["judged_at"] >= judged_since
    }
    written = [table.name for table in tables if lake.version(table) is not None]
    return Gate(
        stops=tuple(
            Stop(row["day"], row["table_name"], row["expectation"], row["breaking"])
            for row in found
            if row["severity"] == "stop" and not row["passed"]
        ),
        unjudged=tuple(day for day in sorted(days) if any((day, name) not in judged for name in written)),
    )


def quarantined(lake: Lake, table: Table, *, days: Collection[date]) -> frozenset[str]:
    """Return the keys of a table's rows that break an expectation that stops: nothing is paid for these."""
    with lake.snapshot(QUARANTINE, days=days) as snapshot:
        found = snapshot.sql(
            "select distinct row_key from quarantine "
            "where list_contains(?, day) and table_name = ? and severity = 'stop'",
            [sorted(days), table.name],
        )
    return frozenset(found["row_key"])
