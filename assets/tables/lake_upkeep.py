"""The asset `lake_upkeep`: compacts tables, deletes past versions and merges segments every night.

A past version may contain a session erased since, so it is retained for minutes, never days.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

from dataclasses import asdict
from datetime import UTC, datetime

import dagster as dg

from assets.framework.daily_table import RETRIES
from assets.framework.failures import failures_without_words
from assets.framework.freshness import NIGHTLY
from assets.framework.groups import owners
from assets.framework.resources import HomeResource
from operations.upkeep import maintain_lake, maintain_landing
from pilot.business_days import STOCKHOLM

# By the second run, the first one's checkpoints are old enough to delete the log before them.
KEEP_UP_AT = ["0 5 * * *", "10 5 * * *"]
SUMMED = ("days_rewritten", "data_files_deleted", "log_files_deleted", "data_files", "log_files", "bytes_after")


@dg.asset(
    name="lake_upkeep",
    description="Keeps every table of the lake small: rewrites days of many files, makes a checkpoint, deletes files "
    "and log entries of past versions two minutes after they went out of use. Merges the landing's small segments of "
    "past days; no rebuild runs meanwhile.",
    group_name="upkeep",
    owners=owners("upkeep"),
    freshness_policy=NIGHTLY,
    kinds={"delta"},
    code_version="1",
    retry_policy=RETRIES,
)
def lake_upkeep(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Compact every table and delete its past versions; merge past days' segments."""
    with failures_without_words("the lake's upkeep"):
        tables = [asdict(each) for each in maintain_lake(home.open(), now=datetime.now(UTC))]
    with failures_without_words("the landing's upkeep"):
        landing = asdict(maintain_landing(home.open(), now=datetime.now(UTC)))
    totals = {name: sum(each[name] for each in tables) for name in SUMMED}
    segments = {"landing_days_merged": landing["days"], "segments_merged": landing["merged"]}
    return dg.MaterializeResult(metadata={**totals, **segments, "tables": dg.MetadataValue.json(tables)})


upkeep = dg.define_asset_job(
    "upkeep",
    selection=dg.AssetSelection.assets(lake_upkeep),
    description="Keeps the lake's tables small.",
    executor_def=dg.in_process_executor,
)

keep_up_nightly = dg.ScheduleDefinition(
    name="keep_up_nightly",
    job=upkeep,
    cron_schedule=KEEP_UP_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Keeps the lake's tables small, every night.",
)
