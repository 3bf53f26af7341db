"""Reports failed runs as alerts: assets and days, never their content."""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

from datetime import UTC, datetime

import dagster as dg

from assets.framework.partitions import covered_days
from assets.framework.resources import HomeResource
from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert
from operations.watch.alerts.run_alerts import report

ALERT = "dagster_run_failed"
POLL_SECONDS = 30
# Payments and reports depend on these; other jobs can wait until the morning.
URGENT_JOBS = ("rebuild", "reports")


@dg.run_failure_sensor(
    name="failed_runs",
    minimum_interval_seconds=POLL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=True,
    description="Reports every failed run as an alert with its failed assets and its days.",
)
def failed_runs(context: dg.RunFailureSensorContext, home: HomeResource) -> None:
    """Report one failed run."""
    run = context.dagster_run
    steps = {event.step_key for event in context.get_step_failure_events() if event.step_key}
    days = sorted(covered_days(run))
    # A run whose process was killed has no failed step: any of its assets may be unbuilt.
    assets = sorted(steps or {key.to_user_string() for key in run.asset_selection or ()})
    failed = ", ".join(assets) or "all of it"
    report(
        home.open().root / RUN_FOLDER,
        Alert(
            name=ALERT,
            subject=f"{run.job_name} {run.run_id}",
            severity="medium" if run.job_name in URGENT_JOBS else "low",
            text=f"The run {run.job_name} failed: {failed} is not built. Its page in Dagster says why.",
        ),
        at=_ended(context.instance, run.run_id),
        assets=assets,
        days=[day.isoformat() for day in days],
    )


def _ended(instance: dg.DagsterInstance, run_id: str) -> datetime:
    record = instance.get_run_record_by_id(run_id)
    ended = record.end_time if record else None
    return datetime.fromtimestamp(ended, UTC) if ended else datetime.now(UTC)
