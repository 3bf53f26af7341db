"""The weekly maintenance is requested once each Sunday, also when the clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from assets.automation.weekly import request_week
from assets.definitions import build_defs
from operations.backup.make import make_backup
from operations.weekly.due import FINISHED, STARTED
from pilot.business_days import day_bounds, local_time
from storage.home import Home
from storage.store import audit

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def backup_key(monkeypatch: pytest.MonkeyPatch, quick_passphrase: None) -> None:
    monkeypatch.setenv("PILOT_BACKUP_KEY", "a key that nobody guesses")


def record(home: Home, action: str, at: datetime) -> None:
    with home.store().begin() as connection:
        audit.record(connection, actor="dagster", action=action, subject="week", at=at)


def requests(home: Home, first: date, last: date, *, backup_at: dict[date, str]) -> list[str]:
    """Evaluate the schedule each ten minutes; each request starts and ends at once."""
    moment, end = day_bounds(first)[0], day_bounds(last)[1]
    found = []
    while moment < end:
        local = local_time(moment)
        if backup_at.get(local.date()) == f"{local:%H:%M}":
            make_backup(home, now=moment)
        if isinstance(request_week(home, now=moment), dg.RunRequest):
            found.append(f"{local:%Y-%m-%d %H:%M}")
            record(home, STARTED, moment)
            record(home, FINISHED, moment)
        moment += TEN_MINUTES
    return found


@pytest.mark.parametrize("sunday", [date(2026, 10, 25), date(2027, 3, 28)])
def test_it_runs_once_on_a_sunday_of_a_clock_change_and_not_in_its_hour(home: Home, sunday: date) -> None:
    first, last = sunday - timedelta(days=6), sunday + timedelta(days=5)
    record(home, FINISHED, day_bounds(first)[0] - TEN_MINUTES)
    assert requests(home, first, last, backup_at={sunday: "03:20"}) == [f"{sunday} 03:20"]


def test_it_runs_once_each_sunday_after_that_nights_backup(home: Home) -> None:
    first, late = date(2026, 11, 8), date(2026, 11, 15)
    record(home, FINISHED, day_bounds(first)[0] - TEN_MINUTES)
    found = requests(home, first, date(2026, 11, 28), backup_at={first: "02:00", late: "02:40"})
    # On the third Sunday there is no backup, which the maintenance then reports.
    assert found == ["2026-11-08 02:00", "2026-11-15 02:40", "2026-11-22 04:00"]


def test_a_run_that_died_is_requested_again_and_at_most_twice_more(home: Home) -> None:
    sunday = date(2026, 11, 22)
    moment = day_bounds(sunday)[0] + timedelta(hours=5)
    record(home, FINISHED, moment - timedelta(days=7))
    keys = []
    for minutes in range(0, 60, 10):
        request = request_week(home, now=moment + timedelta(minutes=minutes))
        if isinstance(request, dg.RunRequest):
            keys.append(request.run_key)
            record(home, STARTED, moment + timedelta(minutes=minutes))
    assert len(keys) == len(set(keys)) == 3


def test_a_new_home_waits_for_its_first_sunday(home: Home) -> None:
    now = datetime.now(UTC)
    assert isinstance(request_week(home, now=now), dg.SkipReason)
    record(home, "code.issue", now)
    assert isinstance(request_week(home, now=now + timedelta(seconds=1)), dg.SkipReason)


def test_the_maintenance_is_scheduled_by_stockholms_clock() -> None:
    schedule = build_defs().resolve_schedule_def("maintain_weekly")
    assert (schedule.job.name, schedule.execution_timezone) == ("weekly_maintenance", "Europe/Stockholm")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
