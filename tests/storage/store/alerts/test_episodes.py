"""Episodes follow records in order, whatever is applied again, on both engines."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from storage.store.alerts import episodes
from storage.store.alerts.episodes import EpisodeRefused, Transition
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.schemas.alerts import alert_episodes

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=1)


def record(minute: int, firing: bool, *, name: str = "dip", event: bool = False) -> Transition:
    return Transition(name, "aurora", "medium", "x", "aurora", firing, event, NOON + timedelta(minutes=minute))


def states(store: Store) -> list[tuple[str, str, int]]:
    return [(each.name, each.state, each.flaps) for each in episodes.latest(store)]


def test_records_that_are_applied_again_change_nothing(store: Store) -> None:
    records = [record(0, True), record(5, False), record(7, True), record(9, False)]
    assert episodes.apply(store, records, quiet_before=LONG_AGO) == 4
    for count in range(1, len(records) + 1):
        assert episodes.apply(store, records[:count], quiet_before=LONG_AGO) == 0
    assert states(store) == [("dip", "resolved", 1)]


@given(first=st.lists(st.booleans(), min_size=6, max_size=6), ends=st.booleans())
def test_two_watches_leave_one_episode_and_the_newest_state(tmp_path_factory, first: Sequence[bool], ends: bool):
    store = open_store(sqlite_url(tmp_path_factory.mktemp("s") / "store.sqlite"))
    minutes = 4 if ends else 6
    files = [[record(each, each % 4 < 2) for each in range(start, minutes, 2)] for start in (0, 1)]
    for each in [*first, *(6 * [True]), *(6 * [False])]:
        if files[each]:
            episodes.apply(store, [files[each].pop(0)], quiet_before=LONG_AGO)
            assert sum(one.state != "resolved" for one in episodes.latest(store)) <= 1
    (only,) = episodes.latest(store)
    assert only.state == ("resolved" if ends else "firing")
    store.close()


def test_the_store_itself_refuses_a_second_open_episode(store: Store) -> None:
    episodes.apply(store, [record(0, True)], quiet_before=LONG_AGO)
    (one,) = episodes.latest(store)
    values = {name: getattr(one, name) for name in one.__slots__}
    with pytest.raises(IntegrityError), store.begin() as connection:
        connection.execute(alert_episodes.insert().values(**(values | {"id": "f" * 16})))


def test_an_event_begins_one_episode_each_time(store: Store) -> None:
    episodes.apply(store, [record(0, True, event=True)], quiet_before=LONG_AGO)
    (one,) = episodes.latest(store)
    assert episodes.acknowledge(store, one.id, actor="siv", reason="x", at=NOON).state == "resolved"
    episodes.apply(store, [record(1, True, event=True)], quiet_before=LONG_AGO)
    assert states(store) == [("dip", "firing", 0), ("dip", "resolved", 0)]


@pytest.mark.parametrize("identifier", ["", "abc", "ghij", "00000000", "a' or 1=1", "%%%%"])
def test_an_id_that_names_no_episode_is_refused(store: Store, identifier: str) -> None:
    with pytest.raises(EpisodeRefused):
        episodes.find(store, identifier)


def test_an_ambiguous_beginning_of_an_id_is_refused(store: Store) -> None:
    episodes.apply(store, [record(0, True, name=f"n{each}") for each in range(300)], quiet_before=LONG_AGO)
    ids = sorted(each.id for each in episodes.latest(store))
    both = next((a[:4] for a, b in itertools.pairwise(ids) if a[:4] == b[:4]), None)
    if both is not None:
        with pytest.raises(EpisodeRefused, match="More than one"):
            episodes.find(store, both)
    assert episodes.find(store, ids[0]).id == ids[0]
