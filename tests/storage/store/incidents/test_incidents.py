"""Incidents in the store: only added to, without personal data, each café notified once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from storage.store import audit
from storage.store.engine import Store
from storage.store.incidents import actions, incidents, notices, public_status
from storage.store.incidents.incidents import Incident
from storage.store.incidents.texts import IncidentRefused
from storage.store.schemas.incidents import incident_entries

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(store: Store) -> None:
    store.now = lambda: NOON


def opened(store: Store, **changes: object) -> Incident:
    fields = {"kind": "down", "severity": 1, "title": "Guests get an error page", "cafes": ("aurora",), "actor": "siv"}
    return incidents.open_incident(store, **{**fields, **changes})  # type: ignore[arg-type]


def test_incidents_of_a_day_are_numbered_and_listed_newest_first(store: Store) -> None:
    first, second = opened(store), opened(store, kind="voice", public=("Rösten är nere.", "Voice is down."))
    assert (first.id, second.id) == ("I20261123-1", "I20261123-2")
    assert incidents.latest(store) == [second, first] and incidents.find(store, first.id) == first
    assert [each.public_sv for each in incidents.timeline(store, second.id)] == ["Rösten är nere."]
    assert audit.recent(store, 1)[0].action == "incident.opened"


def test_the_timeline_is_in_order_and_cannot_be_changed(store: Store) -> None:
    one = opened(store)
    incidents.add_note(store, one.id, kind="note", note="Restarted at 12:05, version 1.2.3", actor="siv")
    closed = incidents.close_incident(store, one.id, cause="The disk was full.", actor="siv")
    assert closed.closed_at == NOON
    assert [each.kind for each in incidents.timeline(store, one.id)] == ["opened", "note", "closed"]
    with pytest.raises(IncidentRefused, match="closed already"):
        incidents.close_incident(store, one.id, cause="Again.", actor="siv")
    for statement in (delete(incident_entries), update(incident_entries).values(note="nothing")):
        with pytest.raises(DBAPIError, match="can only be added to"), store.begin() as connection:
            connection.execute(statement)
    assert len(incidents.timeline(store, one.id)) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "fire"},
        {"severity": 0},
        {"title": " "},
        {"title": "x" * 201},
        {"title": "Anna Svensson 070-123 45 67 rang"},
        {"title": "Skriv till anna@example.se"},
        {"detected_at": NOON + timedelta(minutes=1)},
        {"detected_at": NOON - timedelta(days=31)},
        {"public": ("Bara svenska.", "")},
    ],
)
def test_a_field_that_is_not_usable_is_refused_and_nothing_is_stored(store: Store, changes: dict[str, object]) -> None:
    with pytest.raises(IncidentRefused) as caught:
        opened(store, **changes)
    assert caught.value.remedy and "070" not in str(caught.value)
    assert incidents.latest(store) == []


@pytest.mark.parametrize(
    ("detected", "deadline"),
    [
        ("2026-11-23T11:00", "2026-11-26T11:00"),
        # 72 hours that pass, whatever Stockholm's clock shows: 14:00 becomes 13:00 in autumn, 15:00 in spring.
        ("2026-10-23T12:00", "2026-10-26T12:00"),
        ("2027-03-26T13:00", "2027-03-29T13:00"),
    ],
)
def test_the_authoritys_deadline_is_72_hours_that_pass(store: Store, detected: str, deadline: str) -> None:
    at = datetime.fromisoformat(detected).replace(tzinfo=UTC)
    store.now = lambda: at
    assert opened(store).authority_deadline is None
    assert opened(store, personal_data=True).authority_deadline == datetime.fromisoformat(deadline).replace(tzinfo=UTC)
    assert opened(store, kind="security").personal_data


def test_an_action_has_an_owner_and_a_date_and_is_done_once(store: Store) -> None:
    one = opened(store)
    with pytest.raises(IncidentRefused, match="owner"):
        actions.add_action(store, one.id, what="Alert on the disk", owner=" ", due=date(2026, 12, 1), actor="siv")
    added = actions.add_action(store, one.id, what="Alert on the disk", owner="Siv", due=date(2026, 12, 1), actor="siv")
    assert added.is_late(date(2026, 12, 2)) and not added.is_late(date(2026, 12, 1))
    actions.finish_action(store, added.id, actor="siv")
    assert actions.actions_of(store, one.id)[0].done_at == NOON
    with pytest.raises(IncidentRefused, match="no open action"):
        actions.finish_action(store, added.id, actor="siv")


def test_a_manager_is_sent_each_kind_of_text_once(store: Store) -> None:
    one = opened(store)
    assert len(notices.queue_notices(store, one.id, "down", {"aurora": "Nere."}, actor="watch")) == 1
    more = notices.queue_notices(store, one.id, "down", {"aurora": "Nere.", "goteborg": "Nere."}, actor="watch")
    assert [each.cafe for each in more] == ["goteborg"]
    notices.queue_notices(store, one.id, "over", {"aurora": "Uppe."}, actor="watch")
    assert [(each.cafe, each.kind, each.sent_at) for each in notices.notices_of(store, one.id)] == [
        ("aurora", "down", None),
        ("goteborg", "down", None),
        ("aurora", "over", None),
    ]


def test_an_unknown_incident_is_refused_everywhere(store: Store) -> None:
    for call in (
        lambda: incidents.find(store, "I1"),
        lambda: incidents.add_note(store, "I1", kind="note", note="x", actor="siv"),
        lambda: incidents.close_incident(store, "I1", cause="x", actor="siv"),
        lambda: actions.add_action(store, "I1", what="x", owner="Siv", due=date(2026, 12, 1), actor="siv"),
        lambda: notices.queue_notices(store, "I1", "down", {"aurora": "x"}, actor="siv"),
    ):
        with pytest.raises(IncidentRefused, match="no incident"):
            call()


def test_an_operators_own_status_is_set_and_cleared(store: Store) -> None:
    with pytest.raises(IncidentRefused, match="level"):
        public_status.set_status(store, level="bad", text_sv="a", text_en="b", actor="siv", reason="x")
    with pytest.raises(IncidentRefused, match="English"):
        public_status.set_status(store, level="down", text_sv="Nere.", text_en="", actor="siv", reason="x")
    said = public_status.set_status(
        store, level="degraded", text_sv="Kuponger dröjer.", text_en="Vouchers are late.", actor="siv", reason="till"
    )
    assert public_status.find_status(store) == said
    assert public_status.clear_status(store, actor="siv", reason="over")
    assert not public_status.clear_status(store, actor="siv", reason="over")
    assert public_status.find_status(store) is None
