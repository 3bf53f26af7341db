"""Trial slots on both engines: the limit is exact, and running sessions always finish."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from pilot.cafes import Cafe, parse_cafes
from pilot.identifiers import new_identifier
from storage.store import audit
from storage.store.cafes import cafe_states, switches, trial_slots
from storage.store.cafes.cafe_states import InvalidTrialLimit
from storage.store.connect import open_store
from storage.store.engine import Store
from tests.storage.recorded import CHECKOUT

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
AURORA = parse_cafes((CHECKOUT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").get("aurora")
REPLICAS = 2
RUSH = 24
SLOTS = 10


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def wait(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock(store: Store) -> Clock:
    store.now = Clock()
    return store.now


def small(slots: int = 2, on_limit: str = "stop") -> Cafe:
    return AURORA.model_copy(update={"trial_limit": slots, "on_trial_limit": on_limit})


def test_a_released_slot_of_a_full_trial_can_be_reserved(store: Store, clock: Clock) -> None:
    cafe = small(2)
    first, second, third = (new_identifier() for _ in range(3))
    assert [trial_slots.reserve(store, session_id=each, cafe=cafe) for each in (first, second, third)] == [
        "reserved",
        "reserved",
        "full",
    ]
    trial_slots.release(store, first)
    assert trial_slots.reserve(store, session_id=third, cafe=cafe) == "reserved"
    assert trial_slots.usage(store, cafe).full


def test_a_used_slot_stays_used_after_repeated_calls(store: Store, clock: Clock) -> None:
    cafe, session = small(1), new_identifier()
    for _ in range(2):
        assert trial_slots.reserve(store, session_id=session, cafe=cafe) == "reserved"
    for _ in range(2):
        assert trial_slots.use(store, session_id=session, cafe=cafe)
    trial_slots.release(store, session)
    clock.wait(days=3)
    assert trial_slots.reserve(store, session_id=new_identifier(), cafe=cafe) == "full"
    use = trial_slots.usage(store, cafe)
    assert (use.used, use.reserved, use.unrewarded) == (1, 0, 0)


def test_an_expired_lease_is_free_and_an_extended_one_is_not(store: Store, clock: Clock) -> None:
    cafe = small(2)
    lives, silent, comes = (new_identifier() for _ in range(3))
    for each in (lives, silent):
        trial_slots.reserve(store, session_id=each, cafe=cafe)
    clock.wait(minutes=9)
    trial_slots.extend(store, [lives])
    clock.wait(minutes=2)
    assert trial_slots.reserve(store, session_id=comes, cafe=cafe) == "reserved"
    assert trial_slots.use(store, session_id=lives, cafe=cafe)
    trial_slots.extend(store, [silent])
    assert trial_slots.reserve(store, session_id=new_identifier(), cafe=cafe) == "full"


def test_a_session_past_its_lease_earns_only_a_free_slot(store: Store, clock: Clock) -> None:
    cafe = small(1)
    late, quick = new_identifier(), new_identifier()
    trial_slots.reserve(store, session_id=late, cafe=cafe)
    clock.wait(minutes=11)
    assert trial_slots.reserve(store, session_id=quick, cafe=cafe) == "reserved"
    assert trial_slots.use(store, session_id=quick, cafe=cafe)
    assert not trial_slots.use(store, session_id=late, cafe=cafe)
    assert trial_slots.usage(store, cafe).unrewarded == 1
    slot = trial_slots.find(store, late)
    assert slot is not None
    assert (slot.used, slot.rewarded) == (True, False)


def test_a_session_without_a_reservation_gets_a_free_slot(store: Store, clock: Clock) -> None:
    cafe = small(1)
    assert trial_slots.use(store, session_id=new_identifier(), cafe=cafe)
    assert not trial_slots.use(store, session_id=new_identifier(), cafe=cafe)


def test_a_full_trial_that_collects_on_is_unrewarded(store: Store, clock: Clock) -> None:
    cafe, beyond = small(1, "collect_unrewarded"), new_identifier()
    trial_slots.use(store, session_id=new_identifier(), cafe=cafe)
    assert trial_slots.reserve(store, session_id=beyond, cafe=cafe) == "unrewarded"
    assert trial_slots.reserve(store, session_id=beyond, cafe=cafe) == "unrewarded"
    assert not trial_slots.use(store, session_id=beyond, cafe=cafe)


def test_raising_the_trial_limit_is_audited(store: Store, clock: Clock) -> None:
    cafe = small(1)
    trial_slots.use(store, session_id=new_identifier(), cafe=cafe)
    assert trial_slots.usage(store, cafe).nearly_full
    cafe_states.set_trial_limit(store, cafe.id, limit=3, actor="siv", reason="Fler veckor.")
    assert trial_slots.reserve(store, session_id=new_identifier(), cafe=cafe) == "reserved"
    entry = audit.recent(store, 1)[0]
    assert (entry.action, entry.actor, entry.reason) == ("cafe.trial_limit", "siv", "Fler veckor.")
    assert entry.details == {"from": None, "to": 3}
    with pytest.raises(InvalidTrialLimit):
        cafe_states.set_trial_limit(store, cafe.id, limit=0, actor="siv", reason="")


def test_two_replicas_never_exceed_the_trial_slots(store: Store, store_url: str) -> None:
    cafe = small(SLOTS)
    replicas = [open_store(store_url) for _ in range(REPLICAS)]
    sessions = [new_identifier() for _ in range(RUSH)]

    def start(number: int) -> str:
        return trial_slots.reserve(replicas[number % REPLICAS], session_id=sessions[number], cafe=cafe)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(start, range(RUSH)))
    assert answers.count("reserved") == SLOTS
    holders = [session for session, answer in zip(sessions, answers, strict=True) if answer == "reserved"]

    def end(number: int) -> bool:
        return trial_slots.use(replicas[number % REPLICAS], session_id=holders[number // 2], cafe=cafe)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(end, range(2 * SLOTS)))  # Each one twice, on both replicas.
    assert trial_slots.usage(store, cafe).used == SLOTS
    for replica in replicas:
        replica.close()


def test_a_paused_and_resumed_cafe_keeps_its_limit(store: Store) -> None:
    cafe_states.set_trial_limit(store, "aurora", limit=150, actor="siv", reason="")
    assert cafe_states.pause(store, "aurora", actor="siv", reason="Vattenläcka.")
    assert not cafe_states.pause(store, "aurora", actor="omar", reason="again")
    state = cafe_states.find(store, "aurora")
    assert (state.paused, state.reason, state.actor, state.trial_limit) == (True, "Vattenläcka.", "siv", 150)
    assert cafe_states.resume(store, "aurora", actor="omar")
    assert cafe_states.find_all(store)["aurora"].trial_limit == 150
    assert not cafe_states.find(store, "malmohuset").paused
    assert [entry.action for entry in audit.recent(store, 2)] == ["cafe.resume", "cafe.pause"]


def test_maintenance_is_off_until_it_is_switched_on(store: Store) -> None:
    assert not switches.find(store, "maintenance").is_on
    switches.turn(store, "maintenance", on=True, actor="siv", reason="New disk.")
    assert switches.turn(store, "maintenance", on=True, actor="omar", reason="again").actor == "siv"
    assert switches.find(store, "maintenance").reason == "New disk."
    switches.turn(store, "maintenance", on=False, actor="omar", reason="Done.")
    assert not switches.find(store, "maintenance").is_on
    assert [entry.action for entry in audit.recent(store, 2)] == ["switch.off", "switch.on"]


@pytest.mark.parametrize(("used", "warns", "full"), [(79, False, False), (80, True, False), (100, True, True)])
def test_four_fifths_of_a_trial_call_for_a_warning(used: int, warns: bool, full: bool) -> None:
    use = trial_slots.TrialUse(used=used, reserved=0, unrewarded=0, limit=100)
    assert (use.nearly_full, use.full) == (warns, full)
