"""Expired backups are deleted every night, and an unreadable one fails the run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from assets.automation.alerting import failed_runs
from assets.automation.backups import request_if_due
from assets.definitions import build_defs
from assets.framework.resources import HomeResource
from operations.backup.catalog import MANIFEST, backup_folder, list_backups
from operations.backup.drill import DRILLED
from operations.backup.make import make_backup
from pilot.business_days import local_time
from storage.home import Home
from storage.store import audit


@pytest.fixture(autouse=True)
def backup_key(monkeypatch: pytest.MonkeyPatch, quick_passphrase: None) -> None:
    monkeypatch.setenv("PILOT_BACKUP_KEY", "a key that nobody guesses")


def forget(instance: dg.DagsterInstance, home_resource: HomeResource) -> dg.ExecuteInProcessResult:
    job = build_defs(resource_overrides={"home": home_resource}).resolve_job_def("forgetting_backups")
    return job.execute_in_process(instance=instance, raise_on_error=False)


def test_old_backups_go_on_a_home_of_which_nothing_else_is_due(
    home: Home, home_resource: HomeResource, instance: dg.DagsterInstance
) -> None:
    now = datetime.now(UTC)
    old, new = (make_backup(home, now=now - timedelta(days=days)).path for days in (31, 1))
    assert forget(instance, home_resource).success
    assert [each.path for each in list_backups(backup_folder(home.settings))] == [new]
    assert not old.exists()


def test_a_damaged_manifest_fails_the_run_once_the_old_ones_are_gone_and_is_named(
    home: Home, home_resource: HomeResource, instance: dg.DagsterInstance
) -> None:
    now = datetime.now(UTC)
    old, broken, new = (make_backup(home, now=now - timedelta(days=days)).path for days in (31, 2, 1))
    (broken / MANIFEST).write_text("{", encoding="utf-8")
    result = forget(instance, home_resource)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert broken.name in str(failure.step_failure_data.user_failure_data.description)  # type: ignore[union-attr]
    assert not old.exists()
    assert broken.exists()
    assert new.exists()


def test_forgetting_backups_runs_by_itself_every_night_and_its_failure_is_an_alert() -> None:
    definitions = build_defs()
    schedule = definitions.resolve_schedule_def("forget_backups_nightly")
    assert (schedule.job.name, schedule.cron_schedule) == ("forgetting_backups", "35 4 * * *")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert failed_runs.default_status == dg.DefaultSensorStatus.RUNNING


def run(name: str, instance: dg.DagsterInstance, home_resource: HomeResource) -> dg.ExecuteInProcessResult:
    job = build_defs(resource_overrides={"home": home_resource}).resolve_job_def(name)
    return job.execute_in_process(instance=instance, raise_on_error=False)


def test_a_maintenance_and_a_drill_run_and_a_damaged_backup_fails_both(
    home: Home, home_resource: HomeResource, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.weekly.packages.APT", "no-such-tool")  # this machine's updates are not tested here
    assert not run("drilling_restore", instance, home_resource).success
    backup = make_backup(home, now=datetime.now(UTC))
    for name in ("weekly_maintenance", "drilling_restore"):
        assert run(name, instance, home_resource).success
    body = backup.content.read_bytes()
    backup.content.write_bytes(body[:-9] + bytes([body[-9] ^ 1]) + body[-8:])
    for name in ("weekly_maintenance", "drilling_restore"):
        result = run(name, instance, home_resource)
        assert not result.success
        (failure,) = [event for event in result.all_events if event.is_step_failure]
        assert "has changed since it was written" in str(failure.step_failure_data.user_failure_data.description)  # type: ignore[union-attr]


def test_a_drill_is_requested_once_a_month(home: Home) -> None:
    assert isinstance(request_if_due("drill", DRILLED, home, now=datetime.now(UTC)), dg.SkipReason)
    start = datetime(2026, 10, 20, 8, 0, tzinfo=UTC)
    make_backup(home, now=start)
    requested = []
    for hour in range(24 * 14):
        moment = start + timedelta(hours=hour)
        if isinstance(request_if_due("drill", DRILLED, home, now=moment), dg.RunRequest):
            requested.append(f"{local_time(moment):%m-%d %H}")
            with home.store().begin() as connection:
                audit.record(connection, actor="dagster", action=DRILLED, subject="all", at=moment)
    assert requested == ["11-01 05"]


def test_the_drill_is_scheduled() -> None:
    schedule = build_defs().resolve_schedule_def("drill_restore_monthly")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
