"""The asset `lake_upkeep`: by night, tables lose the versions that nobody reads any more; its metadata says how much.

How long a past version stays is decided by erasures: minutes, never days, for it would hold what guests had erased.
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
from operations.upkeep import maintain_lake
from pilot.business_days import STOCKHOLM

# The second finds the first one's checkpoints old enough to delete what lies before them.
KEEP_UP_AT = ["0 5 * * *", "10 5 * * *"]
SUMMED = ("days_rewritten", "data_files_deleted", "log_files_deleted", "data_files", "log_files", "bytes_after")


@dg.asset(
    name="lake_upkeep",
    description="Every table of the lake, kept small: days in many files are written anew, a checkpoint is made, and "
    "files and log entries that only past versions name are deleted two minutes after they went out of use.",
    group_name="upkeep",
    owners=owners("upkeep"),
    freshness_policy=NIGHTLY,
    kinds={"delta"},
    code_version="1",
    retry_policy=RETRIES,
)
def lake_upkeep(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult:
    """Do every table's upkeep."""
    with failures_without_words("the lake's upkeep"):
        done = [asdict(each) for each in maintain_lake(home.open(), now=datetime.now(UTC))]
    totals = {name: sum(each[name] for each in done) for name in SUMMED}
    return dg.MaterializeResult(metadata={**totals, "tables": dg.MetadataValue.json(done)})


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
