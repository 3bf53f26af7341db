"""A failed run becomes an alert with assets and days, never words."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import dagster as dg
import pytest

from assets.automation.alerting import failed_runs
from assets.framework.resources import HomeResource
from storage.home import Home

pytestmark = pytest.mark.slow

FIRST, LAST = date(2026, 11, 12), date(2026, 11, 13)
WORDS = "Kardemummabullen"


def alerts(home: Home) -> list[dict[str, Any]]:
    path = home.root / ".run" / "alerts.ndjson"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def report_failure(instance: dg.DagsterInstance, run: dg.DagsterRun, home_resource: HomeResource) -> None:
    (failure,) = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    context = dg.build_run_status_sensor_context(
        sensor_name="failed_runs",
        dagster_event=failure.get_dagster_event(),
        dagster_instance=instance,
        dagster_run=run,
        resources={"home": home_resource},
    ).for_run_failure()
    failed_runs(context)


def test_a_failed_run_is_reported_with_assets_and_days_and_no_guests_words(
    home: Home, home_resource: HomeResource, run: Any, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quoting(*_: object, **__: object) -> None:
        raise ValueError(f"could not parse {WORDS}")

    monkeypatch.setattr("assets.tables.uptime.uptime_of_parts", quoting)
    result = run(FIRST, LAST, only=("raw_events", "uptime", "turns", "voice_latency"), raise_on_error=False)
    report_failure(instance, result.dagster_run, home_resource)
    (alert,) = alerts(home)
    assert alert["name"] == "dagster_run_failed"
    assert alert["severity"] == "medium"
    assert alert["assets"] == ["uptime"]
    assert alert["days"] == ["2026-11-12", "2026-11-13"]
    assert alert["subject"] == f"rebuild {result.run_id}"
    assert WORDS not in json.dumps(alert)


def test_a_run_whose_process_was_killed_is_reported_as_a_whole(
    home: Home, home_resource: HomeResource, instance: dg.DagsterInstance
) -> None:
    killed = instance.create_run_for_job(dg.job(name="forgetting")(lambda: None), status=dg.DagsterRunStatus.STARTED)
    instance.report_run_failed(killed, "The process that ran it is gone.")
    report_failure(instance, killed, home_resource)
    (alert,) = alerts(home)
    assert (alert["assets"], alert["days"], alert["severity"]) == ([], [], "low")
    assert "all of it" in alert["text"]
