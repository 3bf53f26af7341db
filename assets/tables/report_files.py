"""The asset `report_files`: the pilot's report as PDF and page, every month."""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

import dagster as dg

from assets.framework.daily_table import RETRIES
from assets.framework.failures import failures_without_words
from assets.framework.freshness import MONTHLY
from assets.framework.groups import owners
from assets.framework.resources import HomeResource
from assets.tables.business_impact import business_impact
from assets.tables.capacity_plan import capacity_plan
from assets.tables.pilot_report import pilot_report
from pilot.business_days import STOCKHOLM
from reports.files import RENDERED, save_report
from reports.model import build_figures
from reports.scope import NoReport, find_scope

MAKE_AT = "10 13 1 * *"  # after the first day's reports, which are built up to the last day of the month


@dg.asset(
    name="report_files",
    description="The pilot's report up to the newest reported day: the frozen model, and its PDF and page in Swedish "
    "and English, in the home's folder reports. `pilot report` makes it at any time.",
    group_name="reports",
    owners=owners("reports"),
    deps=[pilot_report, business_impact, capacity_plan],
    freshness_policy=MONTHLY,
    kinds={"pdf"},
    code_version="1",
    retry_policy=RETRIES,
)
def report_files(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Make the report; before the first reported day there is none to make."""
    opened = home.open()
    with failures_without_words("the report's files"):
        try:
            scope = find_scope(opened, period=f"{opened.cafes().pilot.days}-days")
        except NoReport:
            return dg.MaterializeResult(metadata={"files": 0})
        figures = build_figures(opened, scope)
        model = figures.model
        files = save_report(opened, model, name=scope.name, languages=RENDERED, data_file=figures.data_file)
    verdicts = {row["kpi"]: row["verdict"] for row in model["kpis"]}
    return dg.MaterializeResult(
        metadata={
            "files": len(files),
            "last_day": scope.last.isoformat(),
            "hash": model["hash"],
            "verdicts": dg.MetadataValue.json(verdicts),
        }
    )


monthly_report = dg.define_asset_job(
    "monthly_report",
    selection=dg.AssetSelection.assets(report_files),
    description="Makes the pilot's report as PDF and page.",
    executor_def=dg.in_process_executor,
)

report_monthly = dg.ScheduleDefinition(
    name="report_monthly",
    job=monthly_report,
    cron_schedule=MAKE_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Makes the pilot's report on the first day of each month.",
)
