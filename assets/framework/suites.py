"""Each table's suite as a partitioned asset check, and the gate before money and reports.

The checks read the verdicts that `quality_verdicts` wrote; nothing is judged twice. Assets downstream of the verdicts
are blocked when the gate fails. A table's own check blocks nothing, so that one faulty day does not keep the pages from
new feedback.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

import warnings
from collections.abc import Sequence
from datetime import date

import dagster as dg

from assets.framework.checks import EventLog, record_each_day
from assets.framework.failures import failures_without_words
from assets.framework.partitions import daily
from assets.framework.resources import HomeResource
from pilot.business_days import days_between
from pilot.expectation_words import expectation_sentence
from pilot.lake_tables.columns import Table
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from quality.gate import gate
from storage.home import Home

SUITE = "suite"
GATE = "nothing_stops"
FAULTS_SHOWN = 20  # expectations named in a result


def suite_check(table: Table) -> dg.AssetChecksDefinition:
    """Return the check that shows the verdicts of a table's suite on the table's own page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=dg.PreviewWarning)

        @dg.asset_check(
            asset=table.name,
            name=SUITE,
            description=f"Every expectation of quality's suite for {table.name} holds on the day.",
            # Written by the same step as the verdicts; a check downstream of those would be blocked by the gate.
            additional_deps=[QUARANTINE.name],
            partitions_def=daily,
        )
        def suite(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
            first, last = context.partition_key_range
            with failures_without_words(f"the suite of {table.name} from {first} to {last}"):
                days = list(days_between(date.fromisoformat(first), date.fromisoformat(last)))
                return verdict(home.open(), table, days=days, log=context.op_execution_context)

    return suite


def suite_checks(tables: Sequence[Table]) -> list[dg.AssetChecksDefinition]:
    """Return the suite checks of some tables."""
    return [suite_check(table) for table in tables]


def gate_check(tables: Sequence[Table]) -> dg.AssetChecksDefinition:
    """Return the blocking check between the verdicts and the assets downstream of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=dg.PreviewWarning)

        @dg.asset_check(
            asset=QUALITY_VERDICTS.name,
            name=GATE,
            description="Every table was judged, and no expectation with severity stop fails.",
            blocking=True,
            partitions_def=daily,
        )
        def nothing_stops(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
            first, last = context.partition_key_range
            with failures_without_words(f"the gate from {first} to {last}"):
                days = list(days_between(date.fromisoformat(first), date.fromisoformat(last)))
                state = gate(home.open().lake(), tables, days=days)
            shut = [f"{stop.day} {stop.table}: {expectation_sentence(stop.expectation)}" for stop in state.stops]
            closed = {stop.day for stop in state.stops} | set(state.unjudged)
            passed = {day: day not in closed for day in days}
            record_each_day(context.op_execution_context, QUALITY_VERDICTS.name, GATE, passed=passed, blocking=True)
            return dg.AssetCheckResult(
                passed=state.open,
                metadata={
                    "stops": dg.MetadataValue.json(shut[:FAULTS_SHOWN]),
                    "unjudged_days": dg.MetadataValue.json([str(day) for day in state.unjudged[:FAULTS_SHOWN]]),
                },
            )

    return nothing_stops


def verdict(home: Home, table: Table, *, days: Sequence[date], log: EventLog) -> dg.AssetCheckResult:
    """Return a table's result over some days and record each day's: counts and names, never a value."""
    with home.lake().snapshot(QUALITY_VERDICTS, days=days) as snapshot:
        found = snapshot.sql(
            "select day, expectation, severity, passed, rows, breaking from quality_verdicts "
            "where table_name = ? and list_contains(?, day) order by day, expectation",
            [table.name, list(days)],
        ).to_dicts()
    judged = bool(found) or home.lake().version(table) is None
    failed = [row for row in found if not row["passed"]]
    stops = any(row["severity"] == "stop" for row in failed)
    severity = dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN
    faulty = {row["day"] for row in failed}
    passed = {day: judged and day not in faulty for day in days}
    record_each_day(log, table.name, SUITE, passed=passed, severity=severity)
    return dg.AssetCheckResult(
        passed=judged and not failed,
        severity=severity,
        metadata={
            "rows": sum({row["day"]: row["rows"] for row in found}.values()),
            "judged": judged,
            "expectations": len({row["expectation"] for row in found}),
            "failed": dg.MetadataValue.json(
                [
                    {
                        "day": str(row["day"]),
                        "name": expectation_sentence(row["expectation"]),
                        "breaking": row["breaking"],
                    }
                    for row in failed[:FAULTS_SHOWN]
                ]
            ),
        },
    )
