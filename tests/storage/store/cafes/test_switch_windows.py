"""The periods of maintenance, read from the audit log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
