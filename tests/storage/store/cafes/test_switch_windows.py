"""When maintenance was on, as the audit log tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage.store.cafes import switches
from storage.store.engine import Store

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def turned(store: Store, *told: tuple[int, bool]) -> None:
    for minutes, on in told:
        store.now = lambda minutes=minutes: at(minutes)
        switches.turn(store, "maintenance", on=on, actor="test", reason="new disk")


def windows(store: Store, start: int, end: int) -> list[tuple[datetime, datetime]]:
    return switches.windows_on(store, "maintenance", start=at(start), end=at(end))


def test_a_switch_that_was_never_turned_has_no_window(store: Store) -> None:
    assert windows(store, 0, 60) == []


def test_each_on_lasts_until_its_off_and_the_last_until_the_end(store: Store) -> None:
    turned(store, (5, True), (6, True), (10, False), (20, True))
    assert windows(store, 0, 60) == [(at(5), at(10)), (at(20), at(60))]


def test_what_was_on_before_is_clipped_and_what_comes_later_is_not_seen(store: Store) -> None:
    turned(store, (-30, True), (10, False), (40, True))
    assert windows(store, 0, 30) == [(at(0), at(10))]
    assert windows(store, 20, 30) == []
