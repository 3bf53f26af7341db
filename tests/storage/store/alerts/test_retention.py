"""Alerts that are over are deleted at their time limits; what is open or waits is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from storage.store.alerts import deliveries, episodes, retention, silences
from storage.store.alerts.episodes import Transition
from storage.store.engine import Store

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=1)


def fired(store: Store, name: str, *, over: bool) -> str:
    """Apply an episode of an hour; return its identifier."""
    begun = Transition(name, "aurora", "medium", "x", "aurora", True, False, NOON)
    ended = replace(begun, is_firing=False, at=NOON + timedelta(hours=1))
    episodes.apply(store, [begun, *([ended] if over else [])], quiet_before=LONG_AGO)
    (one,) = (each for each in episodes.latest(store) if each.name == name)
    if over:
        with store.begin() as connection:
            episodes.note_closed(connection, one, at=ended.at)
    return one.id


def planned(store: Store, episode: str, *, delivered: bool) -> None:
    """Add a message of an episode."""
    with store.begin() as connection:
        deliveries.add(
            connection,
            [deliveries.planned("m1", kind="firing", channel="slack", recipient="", at=NOON, episode_id=episode)],
        )
    if delivered:
        claimed = deliveries.claim(store, now=NOON)
        deliveries.record(store, claimed, deliveries.Outcome("delivered"), now=NOON)


def names(store: Store) -> set[str]:
    return {each.name for each in episodes.latest(store)}


@pytest.mark.parametrize(("days", "kept"), [(90, True), (91, False)])
def test_a_message_is_kept_for_90_days(store: Store, days: int, kept: bool) -> None:
    episode = fired(store, "dip", over=True)
    planned(store, episode, delivered=True)
    retention.forget_old(store, now=NOON + timedelta(days=days))
    assert bool(deliveries.of_episodes(store, [episode])) is kept
    assert names(store) == {"dip"}


@pytest.mark.parametrize(("days", "kept"), [(400, True), (401, False)])
def test_an_episode_is_kept_for_400_days_after_its_end(store: Store, days: int, kept: bool) -> None:
    fired(store, "dip", over=True)
    fired(store, "disk_filling", over=False)
    retention.forget_old(store, now=NOON + timedelta(days=days))
    assert names(store) == {"disk_filling"} | ({"dip"} if kept else set())


def test_an_episode_whose_message_waits_is_kept(store: Store) -> None:
    planned(store, fired(store, "dip", over=True), delivered=False)
    assert retention.forget_old(store, now=NOON + timedelta(days=500)) == 0
    assert names(store) == {"dip"}


def test_an_old_silence_is_deleted(store: Store) -> None:
    ends = store.now() + timedelta(hours=1)
    silences.add(store, name="dip", reason="a new disk", actor="test", until=ends)
    assert retention.forget_old(store, now=ends + timedelta(days=400)) == 0
    assert retention.forget_old(store, now=ends + timedelta(days=401)) == 1


def test_the_messages_of_an_open_episode_are_kept(store: Store) -> None:
    episode = fired(store, "dip", over=False)
    planned(store, episode, delivered=True)
    assert retention.forget_old(store, now=NOON + timedelta(days=500)) == 0
    assert deliveries.of_episodes(store, [episode])
