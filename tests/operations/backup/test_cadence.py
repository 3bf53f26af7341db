"""Each backup job runs once a business day, also when the clock changes; recent backups are thinned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from operations.backup.cadence import Job, changes_clock, is_change_hour, is_due, superseded
from operations.backup.catalog import Backup
from operations.backup.manifest import FORMAT, Manifest
from pilot.business_days import business_day, day_bounds, local_time

AUTUMN, SPRING = date(2026, 10, 25), date(2027, 3, 28)
JOBS: tuple[Job, ...] = ("whole", "configuration", "snapshot", "maintenance", "drill")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def minutes(first: date, last: date, step: timedelta = MINUTE) -> Iterator[datetime]:
    moment, end = day_bounds(first)[0], day_bounds(last)[1]
    while moment < end:
        yield moment
        moment += step


def runs(
    job: Job,
    first: date,
    last: date,
    *,
    step: timedelta = MINUTE,
    awake: tuple[datetime, datetime] | None = None,
) -> list[datetime]:
    """Return the moments of a job's runs if it is evaluated at each step (while it is awake)."""
    done = [day_bounds(first)[0] - MINUTE]
    for moment in minutes(first, last, step):
        if (awake is None or awake[0] <= moment < awake[1]) and is_due(job, last=done[-1], now=moment):
            done.append(moment)
    return [local_time(moment) for moment in done[1:]]


def test_two_sundays_a_year_change_the_clock() -> None:
    year = [date(2026, 7, 1) + timedelta(days=days) for days in range(365)]
    assert [day for day in year if changes_clock(day)] == [AUTUMN, SPRING]


@pytest.mark.parametrize("sunday", [AUTUMN, SPRING])
@pytest.mark.parametrize(("job", "wall"), [("whole", "03:15"), ("configuration", "03:15"), ("maintenance", "03:15")])
def test_a_job_runs_once_on_the_sunday_of_a_clock_change(job: Job, wall: str, sunday: date) -> None:
    found = [each for each in runs(job, sunday, sunday) if business_day(each) == sunday]
    assert [f"{each:%H:%M}" for each in found] == [wall]


@pytest.mark.parametrize("sunday", [AUTUMN, SPRING])
def test_snapshots_are_made_at_their_four_hours_of_such_a_sunday(sunday: date) -> None:
    assert [f"{each:%H:%M}" for each in runs("snapshot", sunday, sunday)] == ["00:00", "06:00", "12:00", "18:00"]


@pytest.mark.parametrize("sunday", [AUTUMN, SPRING])
@pytest.mark.parametrize("job", JOBS)
def test_no_job_runs_in_the_hour_that_the_clock_repeats(job: Job, sunday: date) -> None:
    at_two = [moment for moment in minutes(sunday, sunday) if is_change_hour(moment)]
    assert len(at_two) == (120 if sunday == AUTUMN else 0)
    assert not any(is_due(job, last=None, now=moment) for moment in at_two)


def test_each_job_runs_once_for_each_of_its_periods_of_a_year() -> None:
    first, last = date(2026, 10, 1), date(2027, 3, 31)
    days = (last - first).days + 1
    assert [business_day(each) for each in runs("whole", first, last, step=HOUR)] == [
        first + timedelta(days=each) for each in range(days)
    ]
    sundays = runs("maintenance", first, last, step=HOUR)
    assert {each.weekday() for each in sundays} == {6}
    assert len(sundays) == len({business_day(each) for each in sundays}) == 26
    assert {f"{each:%H:%M}" for each in sundays if not changes_clock(business_day(each))} == {"02:00"}
    assert [f"{each:%m-%d %H:%M}" for each in runs("drill", first, last, step=HOUR)] == [
        f"{month}-01 05:00" for month in ("10", "11", "12", "01", "02", "03")
    ]


def test_a_missed_job_runs_once_when_the_machine_is_back() -> None:
    day = date(2026, 11, 24)
    start, end = day_bounds(day)
    found = runs("whole", day, day, awake=(start + timedelta(hours=9), end))
    assert [f"{each:%H:%M}" for each in found] == ["09:00"]


def recent(moment: datetime) -> Backup:
    manifest = Manifest(FORMAT, moment, "real", True, 0, "", 0, {}, 0, (), scope="recent", home="a")
    return Backup(Path(f"backup-{moment:%Y%m%dT%H%M%SZ}-000000"), manifest)


def test_the_latest_recent_backups_and_one_of_each_six_hours_are_kept() -> None:
    now = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)
    made = [recent(now - timedelta(minutes=minute)) for minute in range(24 * 60, -1, -1)]
    gone = {each.path for each in superseded(made, now=now)}
    kept = [each for each in made if each.path not in gone]
    assert len(kept) == 5 + 16
    assert [f"{local_time(each.made_at):%d %H:%M}" for each in kept[:6]] == [
        "23 21:30", "24 00:00", "24 06:00", "24 12:00", "24 18:00", "24 21:15",
    ]  # fmt: skip
