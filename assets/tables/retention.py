"""The asset `retention`: removes guests' data at its time limit, and records each removal.

It runs in Dagster's only slot, so that no rebuild writes while rows are emptied, and twice a night: the second run
deletes the old versions of tables, and searches everywhere for data that should be gone.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

import warnings
from datetime import UTC, date, datetime

import dagster as dg

from assets.framework.checks import written_results, written_specs
from assets.framework.daily_table import RETRIES, table_metadata
from assets.framework.failures import failures_without_words
from assets.framework.freshness import LIMITS
from assets.framework.groups import owners
from assets.framework.partitions import daily
from assets.framework.resources import HomeResource
from operations.retention.carry_out import carry_out, export_expirations
from pilot.lake_tables.retention_table import RETENTION

CODE_VERSION = "1"
EXPLAINED = """Materializing a day removes the data that is due, and nothing else. Words are removed with everything
derived from them; figures, scores and money stay, and the day is never rebuilt. Devices' hashes are removed from
sessions and decisions."""


with warnings.catch_warnings():
    warnings.simplefilter("ignore", category=dg.BetaWarning)

    @dg.asset(
        name=RETENTION.name,
        description=f"{RETENTION.row}\n\n{EXPLAINED}",
        partitions_def=daily,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="upkeep",
        owners=owners("upkeep"),
        kinds={"delta", "sql"},
        code_version=CODE_VERSION,
        metadata=table_metadata(RETENTION),
        freshness_policy=LIMITS,
        check_specs=written_specs(RETENTION),
        retry_policy=RETRIES,
    )
    def retention(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        """Remove data that is due on the run's days."""
        days = [date.fromisoformat(key) for key in context.partition_keys]
        now = datetime.now(UTC)
        with failures_without_words("the time limits"):
            opened = home.open()
            worked_on = carry_out(opened, now=now, days=days)
        for day in days:
            with failures_without_words(f"the books of {day}"):
                version = export_expirations(opened, day)
            of_day = [each for each in worked_on if each.day == day]
            figures = {
                f"{each.kind}_{name}": getattr(each, name)
                for each in of_day
                for name in ("landing_lines", "lake_rows", "store_rows", "files")
            }
            gone = sum(each.gone_at is not None for each in of_day)
            metadata = {"table_version": version, "kinds_removed": len(of_day), "kinds_looked_for_in_vain": gone}
            context.add_asset_metadata(metadata | figures, partition_key=day.isoformat())
        with failures_without_words(f"checking {RETENTION.name}"):
            checks = written_results(opened.lake(), RETENTION, days=days, log=context)
        return dg.MaterializeResult(check_results=checks)
