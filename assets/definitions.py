"""The definitions that Dagster loads: `dagster -m assets.definitions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.automation.alerting import failed_runs
from assets.automation.backups import (
    drill_restore_monthly,
    drilling_restore,
    forget_backups_nightly,
    forgetting_backups,
)
from assets.automation.erasing import erasing, erasures_asked, recheck_erasures
from assets.automation.forgetting import forget_nightly, forgetting
from assets.automation.jobs import (
    REPORTS,
    SUITES,
    TABLE_ASSETS,
    judge_days,
    judging,
    keeping_limits,
    quality,
    rebuild,
    reports,
)
from assets.automation.schedules import (
    judge_by_night,
    judge_rebuilt_days,
    keep_limits_nightly,
    report_yesterday,
    settle_yesterday,
)
from assets.automation.sensor import new_facts
from assets.automation.weekly import maintain_weekly, weekly_maintenance
from assets.framework.engine import EngineResource
from assets.framework.event_log import reuse_connections
from assets.framework.resources import HomeResource
from assets.framework.sources import SOURCES
from assets.tables.judgements import judgements
from assets.tables.lake_upkeep import keep_up_nightly, lake_upkeep, upkeep
from assets.tables.report_files import monthly_report, report_files, report_monthly
from assets.tables.retention import retention

reuse_connections()


def build_defs(*, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Return the definitions of the whole graph.

    Args:
        resource_overrides: Resources that replace the usual ones, by name; for tests.
    """
    return dg.Definitions(
        assets=[*SOURCES, *TABLE_ASSETS, judgements, retention, judge_days, *REPORTS, report_files, lake_upkeep],
        asset_checks=SUITES,
        jobs=[
            rebuild,
            quality,
            judging,
            reports,
            forgetting,
            forgetting_backups,
            drilling_restore,
            weekly_maintenance,
            erasing,
            keeping_limits,
            upkeep,
            monthly_report,
        ],
        sensors=[new_facts, erasures_asked, failed_runs],
        schedules=[
            settle_yesterday,
            report_yesterday,
            judge_rebuilt_days,
            judge_by_night,
            forget_nightly,
            forget_backups_nightly,
            drill_restore_monthly,
            maintain_weekly,
            recheck_erasures,
            keep_limits_nightly,
            keep_up_nightly,
            report_monthly,
        ],
        resources={"home": HomeResource(), "engine": EngineResource(), **(resource_overrides or {})},
        # Three tiny steps take 0.4 s in one process and 12 s in a process each.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions on the home that the environment names."""
    return build_defs()
