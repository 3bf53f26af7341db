"""The Great Expectations suites as partitioned asset checks.

In a job of their own: importing the library costs seconds, which the path from a guest to a page cannot spare.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

import warnings
from datetime import date

import dagster as dg

from assets.failures import told_without_words
from assets.partitions import daily
from assets.resources import HomeResource
from pilot.tables import JUDGEMENTS, RAW_EVENTS, SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TURNS, Table

SUITE = "suite"
FAULTS_SHOWN = 20  # expectations named in a result

# What each suite holds its table against.
REFERENCES: dict[Table, tuple[Table, ...]] = {
    SESSIONS: (RAW_EVENTS, TURNS),
    SCORED_FEEDBACK: (SESSIONS,),
    SESSION_SIGNALS: (SESSIONS, SCORED_FEEDBACK),
    JUDGEMENTS: (SESSIONS,),
}


def _suite_check(table: Table) -> dg.AssetChecksDefinition:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=dg.PreviewWarning)

        @dg.asset_check(
            asset=table.name,
            name=SUITE,
            description=f"Every expectation of quality's suite for {table.name} holds on the day.",
            partitions_def=daily,
        )
        def suite(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
            first, last = context.partition_key_range
            with told_without_words(f"the suite of {table.name} from {first} to {last}"):
                return judged(home, table, first=date.fromisoformat(first), last=date.fromisoformat(last))

    return suite


def judged(home: HomeResource, table: Table, *, first: date, last: date) -> dg.AssetCheckResult:
    """Return the verdict of a table's suite over a range of days: counts and names, never a value."""
    from pilot.business_days import days_between
    from quality.suites import validate

    opened = home.open()
    lake, days = opened.lake(), list(days_between(first, last))
    frame = lake.read(table, days=days).to_pandas()
    references = {other.name: lake.read(other, days=days).to_pandas() for other in REFERENCES[table]}
    result = validate(table.name, frame, references=references, cafes=opened.cafes())
    failed = [item for item in result.expectations if not item.passed]
    return dg.AssetCheckResult(
        passed=result.passed,
        metadata={
            "rows": len(frame),
            "expectations": len(result.expectations),
            "failed": dg.MetadataValue.json([{"name": item.name, **item.counts} for item in failed[:FAULTS_SHOWN]]),
        },
    )


SUITES = [_suite_check(table) for table in REFERENCES]
