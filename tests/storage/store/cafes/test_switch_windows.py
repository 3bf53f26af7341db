"""The periods of maintenance, read from the audit log."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pilot.business_days import day_bounds
from storage.store.cafes import switches
from storage.store.engine import Store

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def turned(store: Store, *turns: tuple[int, bool]) -> None:
    for minutes, on in turns:
        store.now = lambda minutes=minutes: at(minutes)
        switches.turn(store, "maintenance", on=on, actor="test", reason="new disk")


def windows(store: Store, start: int, end: int) -> list[tuple[datetime, datetime]]:
    return switches.windows_on(store, "maintenance", start=at(start), end=at(end))


def test_an_unused_switch_has_no_window(store: Store) -> None:
    assert windows(store, 0, 60) == []


def test_each_window_ends_with_off_or_at_the_end(store: Store) -> None:
    turned(store, (5, True), (6, True), (10, False), (20, True))
    assert windows(store, 0, 60) == [(at(5), at(10)), (at(20), at(60))]


def test_windows_are_clipped_to_the_period(store: Store) -> None:
    turned(store, (-30, True), (10, False), (40, True))
    assert windows(store, 0, 30) == [(at(0), at(10))]
    assert windows(store, 20, 30) == []


@pytest.mark.parametrize(
    ("day", "begins", "ends", "hours"),
    [
        # 01:00 to 04:00 by Stockholm's clock is four hours in autumn and two in spring.
        (date(2026, 10, 25), "2026-10-24T23:00", "2026-10-25T03:00", 4),
        (date(2027, 3, 28), "2027-03-28T00:00", "2027-03-28T02:00", 2),
    ],
)
def test_maintenance_over_a_clock_change_is_one_window_of_one_day(store, day, begins, ends, hours):
    for text, on in ((begins, True), (ends, False)):
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        store.now = lambda moment=moment: moment
        switches.turn(store, "maintenance", on=on, actor="test", reason="new disk", until=moment + timedelta(hours=4))
    for offset in (-1, 0, 1):
        start, end = day_bounds(day + timedelta(days=offset))
        found = switches.windows_on(store, "maintenance", start=start, end=end)
        assert len(found) == (offset == 0)
        assert sum((off - on).total_seconds() for on, off in found) == (3600 * hours if offset == 0 else 0)


def test_a_later_end_does_not_split_the_window(store):
    turned(store, (0, True))
    store.now = lambda: at(10)
    changed = switches.turn(store, "maintenance", on=True, actor="test", reason="longer", until=at(90))
    assert (changed.changed_at, changed.until, changed.is_overdue(at(91))) == (at(0), at(90), True)
    assert switches.turn(store, "maintenance", on=True, actor="test", reason="longer") == changed
    turned(store, (60, False))
    assert windows(store, 0, 120) == [(at(0), at(60))]
    assert switches.find(store, "maintenance").until is None and switches.all_on(store) == {}
