"""The asset `rewards`: decided once in the store, whatever is rebuilt, and copied without the erased."""

from __future__ import annotations

from typing import Any

from polars.testing import assert_frame_equal

from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import SCORED_FEEDBACK
from storage.home import Home
from storage.store.cafes import trial_slots
from storage.store.privacy import tombstones
from storage.store.rewards import decisions
from tests.assets.test_graph import DAY, NOON, WEEKS_LATER, a_day


def test_a_day_is_decided_when_its_slots_are_known_and_never_again(home: Home, land: Any, run: Any) -> None:
    land(*a_day())
    assert run(DAY, tags=NOON).success
    scored = home.lake().read(SCORED_FEEDBACK, days=[DAY])
    for session_id, cafe in scored.select("session_id", "cafe").iter_rows():
        trial_slots.use(home.store(), session_id=session_id, cafe=home.cafes().get(cafe))
    assert run(DAY, tags=NOON).success
    first = home.lake().read(REWARDS, days=[DAY])
    decided = [each.session_id for each in decisions.of_day(home.store(), DAY)]
    assert decided == sorted(scored["session_id"]) == sorted(first["session_id"])
    run(DAY, tags=WEEKS_LATER)
    assert_frame_equal(home.lake().read(REWARDS, days=[DAY]), first)


def test_an_erased_session_leaves_the_copy(home: Home, land: Any, run: Any) -> None:
    land(*a_day())
    run(DAY, tags=NOON)
    before = home.lake().read(REWARDS, days=[DAY])["session_id"].to_list()
    gone = before[0]
    tombstones.add(home.store(), session_id=gone, actor="guest", reason="asked")
    run(DAY, tags=NOON)
    assert home.lake().read(REWARDS, days=[DAY])["session_id"].to_list() == before[1:]
    assert decisions.find(home.store(), gone) is not None
