"""The asset `rewards`: decided once in the store, whatever is rebuilt, and copied without the erased."""

from __future__ import annotations

from typing import Any

import pytest
from polars.testing import assert_frame_equal

from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import SCORED_FEEDBACK
from storage.home import Home
from storage.store.cafes import trial_slots
from storage.store.privacy import tombstones
from storage.store.rewards import decisions
from tests.assets.stories import DAY, NOON, WEEKS_LATER

pytestmark = pytest.mark.xdist_group("a computed day")

UP_TO_REWARDS = ("raw_events", "sessions", "turns", "scored_feedback", "fingerprints", "session_signals", "rewards")


def test_a_day_is_decided_when_its_slots_are_known_and_never_again(computed_home: Home, run: Any) -> None:
    home = computed_home
    scored = home.lake().read(SCORED_FEEDBACK, days=[DAY])
    for session_id, cafe in scored.select("session_id", "cafe").iter_rows():
        trial_slots.use(home.store(), session_id=session_id, cafe=home.cafes().get(cafe))
    assert run(DAY, tags=NOON, only=UP_TO_REWARDS).success
    first = home.lake().read(REWARDS, days=[DAY])
    decided = [each.session_id for each in decisions.of_day(home.store(), DAY)]
    assert decided == sorted(scored["session_id"]) == sorted(first["session_id"])
    run(DAY, tags=WEEKS_LATER, only=UP_TO_REWARDS)
    assert_frame_equal(home.lake().read(REWARDS, days=[DAY]), first)


def test_an_erased_session_leaves_the_copy(computed_home: Home, run: Any) -> None:
    home = computed_home
    before = home.lake().read(REWARDS, days=[DAY])["session_id"].to_list()
    gone = before[0]
    tombstones.add(home.store(), session_id=gone, actor="guest", reason="asked")
    run(DAY, tags=NOON, only=UP_TO_REWARDS)
    assert home.lake().read(REWARDS, days=[DAY])["session_id"].to_list() == before[1:]
    assert decisions.find(home.store(), gone) is not None
