"""The checks after each write of a table, cheap enough to run between a guest and a page.

Tables are read back through the snapshots that the pages use, not through the engine that wrote them. The Great
Expectations suites, which take seconds to import, run in a job of their own (`assets.framework.suites`).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol

import dagster as dg

from assets.framework.partitions import daily
from pilot.lake_tables.tables import Table
from storage.lake import Lake

COLUMNS = "columns_as_declared"
KEYS = "one_row_a_key"
NOT_COUNTED: Mapping[date, int] = MappingProxyType({})
KEYS_AT_ONCE = 4_000_000  # distinct keys counted at a time; a larger day is read again for each share of its keys


def written_specs(table: Table) -> list[dg.AssetCheckSpec]:
    """Return the blocking checks that a table's asset runs after each write."""
    with warnings.catch_warnings():
        # Partitioned checks are a preview in Dagster 1.13; without them a good day would hide a failing one.
        warnings.simplefilter("ignore", category=dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(
                COLUMNS,
                asset=table.name,
                description="Every column that pilot/lake_tables requires exists, has its type and is filled.",
                blocking=True,
                partitions_def=daily,
            ),
            dg.AssetCheckSpec(
                KEYS,
                asset=table.name,
                description=f"No two rows of a day share {', '.join(table.key)}, and every written row is there.",
                blocking=True,
                partitions_def=daily,
            ),
        ]


class EventLog(Protocol):
    """The part of a run's context that records an event."""

    def log_event(self, event: Any, /) -> None:
        """Record an event."""
        ...


def record_each_day(
    log: EventLog,
    asset: str,
    check: str,
    *,
    passed: Mapping[date, bool],
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
    blocking: bool = False,
) -> None:
    """Record a check's verdict on each day of a run over several days.

    Dagster itself attributes a result to a day only if the run covers a single day.
    """
    if len(passed) == 1:
        return
    for day, day_passed in passed.items():
        log.log_event(
            dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey(asset),
                check_name=check,
                passed=day_passed,
                severity=severity,
                blocking=blocking,
                partition=day.isoformat(),
            )
        )


def written_results(
    lake: Lake,
    table: Table,
    *,
    days: Sequence[date],
    written: Mapping[date, int] = NOT_COUNTED,
    log: EventLog | None = None,
) -> list[dg.AssetCheckResult]:
    """Read a table's days back; return the result of each check as counts and column names.

    Args:
        lake: The lake.
        table: The table.
        days: The days that were written; no other day's files are opened.
        written: The number of rows written by day, if known: the day must have as many.
        log: Where the verdicts by day are recorded if there are several days.
    """
    found, distinct = _read_back(lake, table, days=days, passes=1 + max(written.values(), default=0) // KEYS_AT_ONCE)
    empty: dict[str, dict[str, int]] = {}
    doubled: dict[str, int] = {}
    there: dict[date, int] = {}
    for row in found:
        there[row["day"]] = int(row.pop("rows_"))
        more = there[row["day"]] - distinct[row["day"]]
        day = str(row.pop("day"))
        without = {name: int(count) for name, count in row.items() if count}
        if without:
            empty[day] = without
        if more:
            doubled[day] = more
    missing = {str(day): rows - there.get(day, 0) for day, rows in written.items() if rows != there.get(day, 0)}
    if log is not None:
        for check, faulty in ((COLUMNS, empty), (KEYS, {**doubled, **missing})):
            passed = {day: str(day) not in faulty for day in days}
            record_each_day(log, table.name, check, passed=passed, blocking=True)
    return [
        dg.AssetCheckResult(
            check_name=COLUMNS, passed=not empty, metadata={"rows_without_a_value": dg.MetadataValue.json(empty)}
        ),
        dg.AssetCheckResult(
            check_name=KEYS,
            passed=not doubled and not missing,
            metadata={
                "rows_too_many": dg.MetadataValue.json(doubled),
                "rows_missing": dg.MetadataValue.json(missing),
            },
        ),
    ]


def _read_back(
    lake: Lake, table: Table, *, days: Sequence[date], passes: int
) -> tuple[list[dict[str, Any]], dict[date, int]]:
    """Return the days' counts of rows and of empty required values, and their numbers of distinct keys."""
    required = [column.name for column in table.columns if column.required and column.name != "day"]
    empties = ", ".join(f'count(*) - count("{name}") as "{name}"' for name in required)
    keys = ", ".join(table.key)
    # Declared names only, no input.
    counted = f"count(*) as rows_, {empties}"
    of_days = f"from {table.name} where list_contains(?, day)"
    distinct: dict[date, int] = dict.fromkeys(days, 0)
    with lake.snapshot(table, days=days) as snapshot:
        if passes == 1:
            counted = f"count(distinct ({keys})) as distinct_, {counted}"
        rows = snapshot.sql(f"select day, {counted} {of_days} group by day order by day", [list(days)]).to_dicts()
        if passes == 1:
            return rows, {row["day"]: int(row.pop("distinct_")) for row in rows}
        for share in range(passes):
            query = f"select day, count(distinct ({keys})) {of_days} and hash({keys}) % {passes} = {share} group by day"
            for day, count in snapshot.sql(query, [list(days)]).iter_rows():
                distinct[day] += int(count)
    return rows, distinct
