"""The assets `quality_verdicts` and `quarantine`: the verdicts of every table's suite on a run's days.

They are the gate before money and reports: the check `nothing_stops` (`assets.framework.suites`) blocks the assets
downstream of them in the same run. They are not part of rebuilds: Great Expectations takes seconds to import, and the
pages must not wait for it.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

import warnings
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from assets.framework.as_of import run_moment
from assets.framework.checks import written_results, written_specs
from assets.framework.daily_table import RETRIES, table_metadata
from assets.framework.failures import failures_without_words
from assets.framework.freshness import VERDICTS
from assets.framework.groups import owners
from assets.framework.partitions import daily
from assets.framework.plots import bars
from assets.framework.resources import HomeResource
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from storage.home import Home
from storage.store.privacy import day_states

CODE_VERSION = "2"
GROUP = "quality"
FAULTS_SHOWN = 20  # expectations named in a result
WRITTEN = (QUALITY_VERDICTS, QUARANTINE)
EXPLAINED = {
    QUALITY_VERDICTS.name: "Every expectation of every suite. Severity stop blocks money and reports; the rest warns.",
    QUARANTINE.name: "Keys only. Inspect the row in its own table; fixing the cause and rebuilding the day removes it "
    "from here.",
}


def _specs(judged: Sequence[dg.AssetsDefinition]) -> list[dg.AssetSpec]:
    return [
        dg.AssetSpec(
            table.name,
            deps=list(judged),
            description=f"{table.row}\n\n{EXPLAINED[table.name]}",
            group_name=GROUP,
            owners=owners(GROUP),
            kinds={"delta", "greatexpectations"},
            code_version=CODE_VERSION,
            metadata=table_metadata(table),
            partitions_def=daily,
            freshness_policy=VERDICTS,
        )
        for table in WRITTEN
    ]


def quality_assets(judged: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    """Return the two assets, downstream of every judged asset."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=dg.BetaWarning)

        @dg.multi_asset(
            name="judge_days",
            specs=_specs(judged),
            check_specs=[spec for table in WRITTEN for spec in written_specs(table)],
            backfill_policy=dg.BackfillPolicy.single_run(),
            retry_policy=RETRIES,
        )
        def judge_days(
            context: dg.AssetExecutionContext, home: HomeResource
        ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
            with failures_without_words("opening the home for the suites"):
                opened = home.open()
            days = [date.fromisoformat(key) for key in context.partition_keys]
            rows: dict[str, dict[date, int]] = {table.name: {} for table in WRITTEN}
            for day in days:
                with failures_without_words(f"the suites on {day}"):
                    for name, count in _judge(context, opened, day=day).items():
                        rows[name][day] = count
            with failures_without_words("checking the verdicts"):
                checks = {
                    table.name: written_results(opened.lake(), table, days=days, written=rows[table.name], log=context)
                    for table in WRITTEN
                }
            for table in WRITTEN:
                results = [each._replace(asset_key=dg.AssetKey(table.name)) for each in checks[table.name]]
                yield dg.MaterializeResult(asset_key=table.name, check_results=results)

    return judge_days


def _judge(context: dg.AssetExecutionContext, home: Home, *, day: date) -> dict[str, int]:
    """Judge a day and write both tables; return the row counts by table."""
    from quality.day_verdicts import judge_day

    lake = home.lake()
    frozen = day in day_states.closed_or_redacted(home.store())
    judged = judge_day(lake, day, cafes=home.cafes(), now=run_moment(context), frozen=frozen)
    commit = {"run": context.run.run_id, "code_version": CODE_VERSION}
    frames = {QUALITY_VERDICTS: judged.verdicts, QUARANTINE: judged.quarantine}
    for table, frame in frames.items():
        version = lake.replace_partition(table, day, frame, commit=commit)
        metadata: dict[str, Any] = {"dagster/row_count": frame.height, "table_version": version}
        if table is QUALITY_VERDICTS:
            failed = frame.filter(~pl.col("passed"))
            metadata |= {
                "failed": dg.MetadataValue.json(_failed_expectations(failed)),
                "stopping": dg.MetadataValue.json(list(judged.stopping)),
                "one_in_sessions_looked_at": judged.one_in,
            }
        else:
            metadata["rows_by_table"] = bars(
                dict(frame.group_by("table_name").len().sort("table_name").iter_rows()), unit="rows"
            )
        context.add_asset_metadata(metadata, asset_key=table.name, partition_key=day.isoformat())
    return {table.name: frame.height for table, frame in frames.items()}


def _failed_expectations(failed: pl.DataFrame) -> list[dict[str, Any]]:
    return failed.select("table_name", "expectation", "severity", "breaking").head(FAULTS_SHOWN).to_dicts()
