"""What is checked of every table each time it is written: cheap enough for the path from a guest to a page.

Read back through the engine and the snapshot that the pages use, not through the one that wrote. The suites of
Great Expectations, seconds to import, are in `assets.framework.suites` and in a job of their own.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Protocol

import dagster as dg

from assets.framework.partitions import daily
from pilot.tables import Table
from storage.lake import Lake

COLUMNS = "columns_as_declared"
KEYS = "one_row_a_key"
NOT_COUNTED: Mapping[date, int] = MappingProxyType({})


def written_specs(table: Table) -> list[dg.AssetCheckSpec]:
    """Return the checks that a table's asset makes after each write; a failed one stops what follows."""
    with warnings.catch_warnings():
        # Partitioned checks are a preview in Dagster 1.13; without them a failing day would hide behind a good one.
        warnings.simplefilter("ignore", category=dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(
                COLUMNS,
                asset=table.name,
                description="Every column that pilot/tables.py requires is there, of its type, and filled.",
                blocking=True,
                partitions_def=daily,
            ),
            dg.AssetCheckSpec(
                KEYS,
                asset=table.name,
                description=f"No two rows of a day share {', '.join(table.key)}, and each that was written is there.",
                blocking=True,
                partitions_def=daily,
            ),
        ]


class EventLog(Protocol):
    """The part of a run's context that keeps an event."""

    def log_event(self, event: dg.AssetCheckEvaluation) -> None:
        """Keep an event."""
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
    """Tell a check's verdict on each day of a run over several: Dagster gives a result a day only where it is one."""
    if len(passed) == 1:
        return
    for day, holds in passed.items():
        log.log_event(
            dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey(asset),
                check_name=check,
                passed=holds,
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
    """Read a table's days back and return the result of each check, in counts and column names only.

    Args:
        lake: The lake.
        table: The table.
        days: The days that were written; no other day's files are opened.
        written: How many rows were written on each day, where that is known: the day must have so many.
        log: Where each day's own verdict is told, where there are several.
    """
    required = [column.name for column in table.columns if column.required and column.name != "day"]
    empties = ", ".join(f'count(*) - count("{name}") as "{name}"' for name in required)
    keys = ", ".join(table.key)
    # Declared names only, none from outside.
    counts = f"count(*) as rows_, count(*) - count(distinct ({keys})) as doubled_, {empties}"
    query = f"select day, {counts} from {table.name}"  # noqa: S608
    with lake.snapshot(table, days=days) as snapshot:
        found = snapshot.sql(f"{query} where list_contains(?, day) group by day order by day", [list(days)]).to_dicts()
    empty: dict[str, dict[str, int]] = {}
    doubled: dict[str, int] = {}
    there: dict[date, int] = {}
    for row in found:
        there[row["day"]] = int(row.pop("rows_"))
        day, more = str(row.pop("day")), int(row.pop("doubled_"))
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
