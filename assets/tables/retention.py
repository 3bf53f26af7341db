"""The asset `retention`: removes what guests leave once its time is over, and says what went, and when.

In Dagster's only slot, so that no rebuild writes while rows are emptied. Twice a night: the second run deletes what
old versions of tables held, and looks for it everywhere.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

import warnings
from datetime import UTC, date, datetime

import dagster as dg

from assets.framework.checks import written_results, written_specs
from assets.framework.daily_table import RETRIES, about
from assets.framework.failures import failures_without_words
from assets.framework.freshness import LIMITS
from assets.framework.groups import owners
from assets.framework.partitions import daily
from assets.framework.resources import HomeResource
from operations.retention.carry_out import carry_out, export_expirations
from pilot.retention_table import RETENTION

CODE_VERSION = "1"
EXPLAINED = """Materializing a day removes what is due of it, and nothing else. Words go with everything that is made of
them; figures, scores and money stay, and the day is never rebuilt again. Devices' hashes go from sessions and
decisions."""


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
        metadata=about(RETENTION),
        freshness_policy=LIMITS,
        check_specs=written_specs(RETENTION),
        retry_policy=RETRIES,
    )
    def retention(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult:
        """Remove what is due on the run's days."""
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
            told = {"table_version": version, "kinds_removed": len(of_day), "kinds_looked_for_in_vain": gone}
            context.add_asset_metadata(told | figures, partition_key=day.isoformat())
        with failures_without_words(f"checking {RETENTION.name}"):
            checks = written_results(opened.lake(), RETENTION, days=days, log=context)
        return dg.MaterializeResult(check_results=checks)
