"""The quality gate: whether the last verdicts allow payments and reports from a business day's rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from pilot.lake_tables.columns import Table
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TURNS

if TYPE_CHECKING:
    from storage.lake import Lake

# The tables behind a decision on a reward.
GATED_TABLES = (SESSIONS, TURNS, SCORED_FEEDBACK, SESSION_SIGNALS, REWARDS)


@dataclass(frozen=True, slots=True)
class Stop:
    """One failed expectation that closes the gate."""

    day: date
    table: str
    expectation: str
    breaking: int | None


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate of some days.

    Attributes:
        stops: Failed expectations that stop payments and reports.
        unjudged: Days with a table that has no verdict, or none new enough.
    """

    stops: tuple[Stop, ...]
    unjudged: tuple[date, ...]

    @property
    def open(self) -> bool:
        """Return whether every table was judged and no stopping expectation failed."""
        return not (self.stops or self.unjudged)


def gate(
    lake: Lake, tables: Collection[Table], *, days: Collection[date], judged_since: datetime | None = None
) -> Gate:
    """Return the gate of these tables and days from their last verdicts; imports no suite, so it is fast.

    Args:
        lake: The lake.
        tables: The tables that the payment or report depends on; an unwritten one needs no verdict.
        days: The business days.
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


def quarantined(lake: Lake, *, days: Collection[date]) -> frozenset[str]:
    """Return the sessions with a row that breaks a stopping expectation: nothing is paid for them."""
    with lake.snapshot(QUARANTINE, days=days) as snapshot:
        # Rows from before the column name their session first in the key, as every gated table does.
        found = snapshot.sql(
            "select distinct coalesce(session_id, split_part(row_key, ' ', 1)) as session_id from quarantine "
            "where list_contains(?, day) and list_contains(?, table_name) and severity = 'stop'",
            [sorted(days), [table.name for table in GATED_TABLES]],
        )
    return frozenset(found["session_id"])
