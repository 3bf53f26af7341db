"""The periods in which the pilot turned guests away: maintenance, pauses and full trials."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from pilot.cafes import Cafe, parse_cafes
from pilot.identifiers import new_identifier
from storage.store.cafes import cafe_states, closed_doors, switches, trial_slots
from storage.store.engine import Store
from tests.storage.recorded import CHECKOUT

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
AURORA, MALMO, _ = parse_cafes((CHECKOUT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").cafe


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def clock(store: Store, minutes: int) -> None:
    store.now = lambda: at(minutes)


def small(on_limit: str = "stop") -> Cafe:
    return AURORA.model_copy(update={"trial_limit": 2, "on_trial_limit": on_limit})


def completes(store: Store, cafe: Cafe, minutes: int) -> None:
    clock(store, minutes)
    session = new_identifier(at=at(minutes))
    trial_slots.reserve(store, session_id=session, cafe=cafe)
    trial_slots.use(store, session_id=session, cafe=cafe)


def windows(store: Store, cafe: Cafe, *, until: datetime = MIDNIGHT, day: date = DAY) -> list[closed_doors.Window]:
    return closed_doors.windows_of(store, [cafe, MALMO], day=day, until=until)[cafe.id]


def test_a_cafe_that_was_never_closed_has_no_window(store: Store) -> None:
    assert windows(store, AURORA) == []


def test_maintenance_closes_every_cafe_and_a_pause_only_one(store: Store) -> None:
    clock(store, 5)
    switches.turn(store, "maintenance", on=True, actor="test", reason="new disk")
    cafe_states.pause(store, "malmohuset", actor="test", reason="no staff")
    clock(store, 20)
    switches.turn(store, "maintenance", on=False, actor="test", reason="")
    clock(store, 30)
    cafe_states.resume(store, "malmohuset", actor="test")
    assert windows(store, AURORA) == [(at(5), at(20))]
    assert windows(store, MALMO) == [(at(5), at(20)), (at(5), at(30))]


def test_a_full_trial_closes_the_cafe_until_its_limit_is_raised(store: Store) -> None:
    cafe = small()
    for minutes in (0, 10):
        completes(store, cafe, minutes)
    assert windows(store, cafe, until=at(60)) == [(at(10), at(60))]
    assert windows(store, cafe, until=at(9)) == []
    clock(store, 45)
    cafe_states.set_trial_limit(store, cafe.id, limit=3, actor="test", reason="more weeks")
    assert windows(store, cafe) == [(at(10), at(45))]
    completes(store, cafe, 50)
    assert windows(store, cafe) == [(at(10), at(45)), (at(50), MIDNIGHT)]
    next_day = windows(store, cafe, until=MIDNIGHT + timedelta(hours=30), day=DAY + timedelta(days=1))
    assert next_day == [(MIDNIGHT, MIDNIGHT + timedelta(hours=24))]


def test_a_cafe_that_collects_without_rewards_never_closes(store: Store) -> None:
    cafe = small("collect_unrewarded")
    for minutes in (0, 10, 20):
        completes(store, cafe, minutes)
    assert windows(store, cafe) == []
