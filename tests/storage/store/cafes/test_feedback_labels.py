"""Labels of feedback on both engines: the latest counts, and none outlives its session or its words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pilot.business_days import session_day
from pilot.identifiers import new_identifier, new_receipt_token, receipt_hash
from storage.store import audit
from storage.store.cafes import feedback_labels
from storage.store.cafes.feedback_labels import MOST_CHARACTERS, Correction, LabelRefused, add_label, history, labels
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.privacy import erasures, expirations, session_rows, tombstones
from storage.store.privacy.expirations import Expiration
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
SECRET = "Gästen nämnde sin syster"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    moments = iter(NOON + timedelta(minutes=number) for number in range(1000))
    opened = open_store(store_url, now=lambda: next(moments))
    yield opened
    opened.close()


def feedback(store: Store, *, at: datetime = NOON, cafe: str = "aurora", simulated: bool = False) -> str:
    """Save the receipt of a session; return the session."""
    session = new_identifier(at=at)
    receipts.save(
        store,
        Receipt(
            receipt_hash(new_receipt_token()), "K7M2QP", session, cafe, session_day(session), "sv", simulated, at,
            71, True, "2026-11",
        ),
    )  # fmt: skip
    return session


def expire(store: Store, day: date, kind: str = "words") -> None:
    expirations.record(store, Expiration(day=day, kind=kind, kept_days=90, removed_at=NOON))  # type: ignore[arg-type]


def count(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM feedback_labels")).scalar_one())


# Labels


def test_a_label_is_found_with_everything_that_was_said(store: Store) -> None:
    session = feedback(store, cafe="goteborg")
    corrections = [Correction("queue", "service", "negative"), Correction("coffee", polarity="mixed")]
    added = add_label(store, session, useful=True, corrections=corrections, by=" Anna ", reason=" It is concrete. ")
    assert labels(store) == [added] == history(store, session)
    assert (added.session_id, added.day, added.cafe, added.simulated) == (session, MONDAY, "goteborg", False)
    assert (added.useful, added.actor, added.reason) == (True, "Anna", "It is concrete.")
    assert added.corrections == (Correction("coffee", None, "mixed"), Correction("queue", "service", "negative"))
    assert added.labelled_at == NOON


@pytest.mark.parametrize("useful", [True, False, None])
def test_useful_is_yes_no_or_not_said(store: Store, useful: bool | None) -> None:
    session = feedback(store)
    add_label(store, session, useful=useful, corrections=[Correction("coffee", "food")], by="Anna", reason="read")
    assert [each.useful for each in labels(store)] == [useful]


def test_a_later_label_replaces_the_earlier_one_as_a_whole(store: Store) -> None:
    session, other = feedback(store), feedback(store)
    add_label(store, session, useful=True, by="Anna", reason="first")
    add_label(store, other, useful=False, by="Anna", reason="other")
    add_label(store, session, corrections=[Correction("coffee", "food")], by="Siv", reason="second")
    current = {each.session_id: (each.useful, each.reason) for each in labels(store)}
    assert current == {session: (None, "second"), other: (False, "other")}
    assert [each.reason for each in history(store, session)] == ["second", "first"]


def test_an_empty_label_withdraws_the_earlier_one(store: Store) -> None:
    session = feedback(store)
    add_label(store, session, useful=True, by="Anna", reason="first")
    add_label(store, session, by="Anna", reason="wrong receipt")
    assert labels(store) == []
    assert [each.withdraws for each in history(store, session)] == [True, False]
    with pytest.raises(LabelRefused, match="no label to withdraw"):
        add_label(store, session, by="Anna", reason="again")
    add_label(store, session, useful=False, by="Anna", reason="after all")
    assert [each.useful for each in labels(store)] == [False]


def test_labels_are_read_by_day_and_real_ones_apart_from_simulated(store: Store) -> None:
    sunday, monday = feedback(store, at=NOON - timedelta(days=1)), feedback(store)
    simulated = feedback(store, simulated=True)
    for session in (monday, simulated, sunday):
        add_label(store, session, useful=True, by="Anna", reason="read")
    assert [each.session_id for each in labels(store)] == [sunday, monday]
    assert [each.session_id for each in labels(store, days=[MONDAY])] == [monday]
    assert labels(store, days=[]) == []
    assert [each.session_id for each in labels(store, simulated=True)] == [simulated]


def test_the_audit_log_has_who_and_when_but_no_verdict_or_reason(store: Store) -> None:
    session = feedback(store)
    added = add_label(store, session, useful=False, by="Anna", reason=SECRET)
    entry = audit.recent(store, 1)[0]
    assert (entry.at, entry.actor, entry.action, entry.subject) == (
        added.labelled_at,
        "Anna",
        "session.label",
        session,
    )
    assert (entry.reason, entry.details) == ("", {})


# Refused labels


@pytest.mark.parametrize(
    ("corrections", "by", "reason", "fault"),
    [
        ([], "  ", "read", "name of who gives it"),
        ([], "Anna", " ", "reason of 1 to 500"),
        ([], "Anna", "x" * (MOST_CHARACTERS + 1), "reason of 1 to 500"),
        ([Correction("Det var kallt", "coffee")], "Anna", "read", "not a theme's code"),
        ([Correction("coffee", "'; DROP TABLE codes")], "Anna", "read", "not a theme's code"),
        ([Correction("coffee", "")], "Anna", "read", "not a theme's code"),
        ([Correction("coffee", polarity="bad")], "Anna", "read", "polarity of coffee is unknown"),  # type: ignore[arg-type]
        ([Correction("coffee")], "Anna", "read", "changes nothing"),
        ([Correction("coffee", "coffee")], "Anna", "read", "changes nothing"),
        ([Correction("coffee", "food"), Correction("coffee", "queue")], "Anna", "read", "corrected twice"),
    ],
)
def test_an_invalid_label_is_refused_and_not_saved(
    store: Store, corrections: list[Correction], by: str, reason: str, fault: str
) -> None:
    session = feedback(store)
    with pytest.raises(LabelRefused, match=fault) as caught:
        add_label(store, session, useful=True, corrections=corrections, by=by, reason=reason)
    assert "Det var kallt" not in str(caught.value)
    assert count(store) == 0
    assert audit.recent(store, 5) == []


@pytest.mark.parametrize("session", ["", "not a session", "01a20810-0f80-70dc-972f-1c479c42d77f"])
def test_an_unknown_session_is_refused(store: Store, session: str) -> None:
    feedback(store)
    with pytest.raises(LabelRefused, match="no feedback with that session"):
        add_label(store, session, useful=True, by="Anna", reason="read")


# Erasure and retention


def test_an_erasure_deletes_the_sessions_labels_and_no_others(store: Store) -> None:
    session, other = feedback(store), feedback(store)
    for each in (session, session, other):
        add_label(store, each, useful=True, by="Anna", reason=SECRET)
    assert len(session_rows.about_session(store, session)["feedback_labels"]) == 2
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    erasures.pseudonymise(store, session)
    assert erasures.wipe_pages(store)
    assert "feedback_labels" not in session_rows.about_session(store, session)
    assert [each.session_id for each in labels(store)] == [other]
    assert count(store) == 1


def test_an_erasure_leaves_no_byte_of_a_label_in_the_file(tmp_path: Path) -> None:
    store = open_store(sqlite_url(tmp_path / "store.sqlite"))
    session = feedback(store)
    add_label(store, session, useful=True, by="Anna", reason=SECRET)

    def files() -> bytes:
        return b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))

    assert SECRET.encode() in files()
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    erasures.pseudonymise(store, session)
    assert erasures.wipe_pages(store)
    assert SECRET.encode() not in files()
    store.close()


def test_an_erased_session_cannot_be_labelled(store: Store) -> None:
    session = feedback(store)
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    with pytest.raises(LabelRefused, match="is erased"):
        add_label(store, session, useful=True, by="Anna", reason="read")
    assert count(store) == 0


def test_labels_expire_with_the_words_of_their_day_and_count_as_removed(store: Store) -> None:
    old, kept = feedback(store, at=NOON - timedelta(days=1)), feedback(store)
    for session in (old, old, kept):
        add_label(store, session, useful=True, by="Anna", reason=SECRET)
    expire(store, MONDAY - timedelta(days=1), "devices")
    assert count(store) == 3
    expire(store, MONDAY - timedelta(days=1))
    assert [each.session_id for each in labels(store)] == [kept]
    removed = {each.kind: each.store_rows for each in expirations.all_expirations(store)}
    assert removed == {"devices": 0, "words": 2}
    with pytest.raises(LabelRefused, match="words of 2026-11-22 have expired"):
        add_label(store, old, useful=True, by="Anna", reason="read")


@pytest.mark.parametrize("change", ["DELETE FROM feedback_labels", "UPDATE feedback_labels SET useful = NULL"])
@pytest.mark.parametrize("erased", [False, True])
def test_the_database_refuses_other_changes_of_labels(store: Store, change: str, erased: bool) -> None:
    session, other = feedback(store), feedback(store)
    add_label(store, session, useful=True, by="Anna", reason="read")
    added = add_label(store, other, useful=True, by="Anna", reason="read")
    if erased:
        tombstones.add(store, session_id=session, actor="guest", reason="asked")
    with pytest.raises(DBAPIError, match="can only be added to"), store.begin() as connection:
        connection.execute(text(change))
    assert labels(store)[-1] == added
    assert count(store) == 2


def test_an_erasure_without_a_tombstone_deletes_no_label(store: Store) -> None:
    session = feedback(store)
    add_label(store, session, useful=True, by="Anna", reason="read")
    erasures.pseudonymise(store, session)
    assert len(labels(store)) == 1


def test_a_label_takes_turns_with_erasures_and_expirations(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    for module in (feedback_labels, tombstones, expirations):
        monkeypatch.setattr(module, "serialise", lambda _connection, name: taken.append(name))
    session = feedback(store)
    add_label(store, session, useful=True, by="Anna", reason="read")
    by_label = taken.copy()
    taken.clear()
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    expire(store, MONDAY)
    assert taken != []
    assert set(taken) == set(by_label)
