"""Cases on both engines: their changes, their links, the guests' verdicts, and what an erasure leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pilot.business_days import session_day
from pilot.identifiers import new_identifier, new_receipt_token, receipt_hash
from storage.store import audit
from storage.store.cafes import case_answers, case_changes
from storage.store.cafes.case_answers import answers_to, give_verdict
from storage.store.cafes.case_changes import NEXT, assign, open_case, set_answer, set_status
from storage.store.cafes.case_texts import MOST_CHARACTERS
from storage.store.cafes.cases import STATUSES, Case, CaseRefused, Replies, cases_of, find_case, history, replies_of
from storage.store.cafes.cases import sessions_of as linked
from storage.store.connect import open_store
from storage.store.engine import Store
from storage.store.privacy import erasures, expirations, session_rows, tombstones
from storage.store.privacy.expirations import Expiration
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt

NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)  # a Wednesday
MONDAY = date(2026, 11, 23)
ANSWER = "Vi har öppnat den andra kassan till lunch."


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


def opened(store: Store, *sessions: str, origin: str = "manual", subject: str = "queue", cafe: str = "aurora") -> Case:
    return open_case(
        store,
        cafe=cafe,
        subject=subject,
        origin=origin,  # type: ignore[arg-type]
        week=NOON.date(),
        sessions=sessions,
        by="Anna",
    )


def answered(store: Store, *sessions: str) -> Case:
    case = opened(store, *sessions)
    set_status(store, case.id, "done", note="Second till", by="Anna")
    return set_answer(store, case.id, answer=ANSWER, by="Anna")


def rows(store: Store, table: str) -> int:
    with store.reading() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def expire(store: Store, day: date, kind: str = "words") -> None:
    expirations.record(store, Expiration(day=day, kind=kind, kept_days=90, removed_at=NOON))  # type: ignore[arg-type]


# A case's life


def test_a_case_has_its_week_its_first_action_and_its_end(store: Store) -> None:
    session = feedback(store)
    case = opened(store, session)
    assert (case.week, case.status, case.first_action_at, case.closed_at) == (MONDAY, "open", None, None)
    assert assign(store, case.id, owner=" Elin  Berg ", by="Anna").owner == "Elin Berg"
    doing = set_status(store, case.id, "doing", by="Elin")
    assert doing.first_action_at is not None
    assert doing.closed_at is None
    done = set_status(store, case.id, "done", note="Second till at noon", by="Elin")
    assert (done.first_action_at, done.note) == (doing.first_action_at, "Second till at noon")
    assert done.closed_at is not None
    assert not done.is_answered
    assert set_answer(store, case.id, answer=ANSWER, said="Kön var lång.", by="Elin").is_answered
    assert find_case(store, case.id) == cases_of(store, ["aurora"])[0]
    assert linked(store, ["aurora"]) == {case.id: [session]}


def test_the_history_and_the_audit_log_say_who_did_what_without_texts(store: Store) -> None:
    case = opened(store, feedback(store))
    assign(store, case.id, owner="Elin", by="Anna")
    set_status(store, case.id, "done", note="Second till", by="Elin")
    set_answer(store, case.id, answer=ANSWER, by="Elin")
    changes = [(each.actor, each.action, dict(each.details)) for each in history(store, case.id)]
    assert changes == [
        ("Anna", "open", {"origin": "manual", "sessions": 1}),
        ("Anna", "assign", {"assigned": True}),
        ("Elin", "status", {"from": "open", "to": "done"}),
        ("Elin", "answer", {"answered": True}),
    ]
    entries = [(each.actor, each.action, dict(each.details)) for each in reversed(audit.recent(store, 4))]
    assert entries == [(actor, f"case.{action}", details) for actor, action, details in changes]
    assert {each.subject for each in audit.recent(store, 4)} == {case.id}


@pytest.mark.parametrize("origin", ["proposal", "urgent"])
def test_a_second_press_opens_no_second_case(store: Store, origin: str) -> None:
    first = opened(store, feedback(store), origin=origin)
    assert opened(store, feedback(store), origin=origin) == first
    assert len(cases_of(store, ["aurora"])) == 1
    set_status(store, first.id, "dropped", by="Anna")
    assert opened(store, origin=origin).id != first.id


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES)
def test_only_known_transitions_are_made(store: Store, before: str, after: str) -> None:
    case = opened(store)
    for step in {"open": (), "doing": ("doing",), "done": ("done",), "dropped": ("dropped",)}[before]:
        set_status(store, case.id, step, note="n", by="Anna")  # type: ignore[arg-type]
    if after in NEXT[before]:  # type: ignore[index]
        assert set_status(store, case.id, after, note="n", by="Anna").status == after  # type: ignore[arg-type]
        return
    with pytest.raises(CaseRefused, match=f"that is {before} cannot become {after}"):
        set_status(store, case.id, after, note="n", by="Anna")  # type: ignore[arg-type]
    assert cases_of(store, ["aurora"])[0].status == before


def test_dropping_a_case_is_no_first_action(store: Store) -> None:
    case = set_status(store, opened(store).id, "dropped", by="Anna")
    assert case.first_action_at is None
    assert case.closed_at is not None


def test_cases_are_read_by_cafe_and_real_ones_apart_from_simulated(store: Store) -> None:
    mine, other = opened(store, feedback(store)), opened(store, feedback(store, cafe="goteborg"), cafe="goteborg")
    simulated = open_case(
        store, cafe="aurora", subject="queue", origin="manual", week=MONDAY, simulated=True, by="Anna"
    )
    assert cases_of(store, ["aurora"]) == [mine]
    assert cases_of(store, ["goteborg", "aurora"]) == [other, mine]
    assert cases_of(store, []) == []
    assert linked(store, []) == replies_of(store, []) == {}
    assert cases_of(store, ["aurora"], simulated=True) == [simulated]
    assert set(linked(store, ["goteborg"])) == {other.id}


def test_closed_cases_can_be_left_out_by_time(store: Store) -> None:
    case, still_open = opened(store), opened(store)
    closed = set_status(store, case.id, "dropped", by="Anna").closed_at
    assert closed is not None
    assert len(cases_of(store, ["aurora"], since=closed)) == 2
    assert cases_of(store, ["aurora"], since=closed + timedelta(seconds=1)) == [still_open]


# Refused changes


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"subject": "Det var kallt"}, "not a code"),
        ({"subject": "'; DROP TABLE cases"}, "not a code"),
        ({"subject": ""}, "not a code"),
        ({"origin": "guess"}, "origin of the case is unknown"),
        ({"owner": "x" * 81}, "owner is longer than 80"),
        ({"owner": "x" * 100_000}, "owner is longer than 80"),
        ({"owner": "Anna\x00"}, "control characters"),
        ({"by": "  "}, "name of who makes it"),
        ({"sessions": ["not a session"]}, "not a session's identifier"),
    ],
)
def test_an_invalid_case_is_refused_and_not_saved(store: Store, changed: dict[str, object], fault: str) -> None:
    fields: dict[str, object] = {"cafe": "aurora", "subject": "queue", "origin": "manual", "week": MONDAY, "by": "Anna"}
    with pytest.raises(CaseRefused, match=fault) as caught:
        open_case(store, **(fields | changed))  # type: ignore[arg-type]
    assert "kallt" not in str(caught.value)
    assert rows(store, "cases") == rows(store, "case_history") == 0


@pytest.mark.parametrize("other", [{"cafe": "goteborg"}, {"simulated": True}])
def test_another_cafes_or_simulated_session_cannot_be_linked(store: Store, other: dict[str, object]) -> None:
    with pytest.raises(CaseRefused, match="another café's"):
        opened(store, feedback(store), feedback(store, **other))  # type: ignore[arg-type]
    assert rows(store, "cases") == 0


PERSONAL = [
    "Ring mig på 070-123 45 67",
    "Skriv till anna@example.com",
    "Jag heter Anna Svensson",
    "Vi bor på Storgatan 12, 211 42 Malmö",
    "Följ oss på www.example.com/anna",
]


@pytest.mark.parametrize("words", PERSONAL)
@pytest.mark.parametrize("field", ["answer", "said", "note"])
def test_personal_data_is_refused_in_what_outlives_a_guest(store: Store, field: str, words: str) -> None:
    case = opened(store)
    with pytest.raises(CaseRefused, match=f"The {field} seems to hold personal data") as caught:
        if field == "note":
            set_status(store, case.id, "done", note=words, by="Anna")
        else:
            set_status(store, case.id, "done", note="n", by="Anna")
            set_answer(store, case.id, **({"answer": ANSWER} | {field: words}), by="Anna")
    assert words not in str(caught.value)


@pytest.mark.parametrize("field", ["answer", "said"])
def test_a_text_is_composed_put_on_one_line_and_limited(store: Store, field: str) -> None:
    case = set_status(store, opened(store).id, "done", note="n", by="Anna")
    texts = {"answer": ANSWER} | {field: "  Ko\u0308n a\u0308r\n kortare <b>nu</b> "}
    assert getattr(set_answer(store, case.id, **texts, by="Anna"), field) == "Kön är kortare <b>nu</b>"
    most = MOST_CHARACTERS[field]  # type: ignore[index]
    with pytest.raises(CaseRefused, match=f"longer than {most}"):
        set_answer(store, case.id, **(texts | {field: "x" * (most + 1)}), by="Anna")


def test_done_needs_a_note_and_an_answer_needs_done(store: Store) -> None:
    case = opened(store)
    with pytest.raises(CaseRefused, match="needs a note"):
        set_status(store, case.id, "done", note="  ", by="Anna")
    with pytest.raises(CaseRefused, match="that is open cannot be answered"):
        set_answer(store, case.id, answer=ANSWER, by="Anna")
    with pytest.raises(CaseRefused, match="no such case"):
        assign(store, "unknown", owner="Elin", by="Anna")


# The guests' side


def test_a_guest_sees_the_answer_and_gives_one_verdict(store: Store) -> None:
    session, other = feedback(store), feedback(store)
    case = answered(store, session, other)
    seen = answers_to(store, session)[0]
    assert (seen.subject, seen.said, seen.answer, seen.language, seen.verdict) == ("queue", "", ANSWER, "sv", None)
    assert give_verdict(store, case_id=case.id, session_id=session, verdict="better") is True
    assert give_verdict(store, case_id=case.id, session_id=session, verdict="not_yet") is False
    assert [each.verdict for each in answers_to(store, session)] == ["better"]
    assert [each.verdict for each in answers_to(store, other)] == [None]
    assert replies_of(store, ["aurora"]) == {case.id: Replies(linked=2, better=1, not_yet=0)}


def test_nothing_is_shown_before_the_answer_or_after_it_is_withdrawn(store: Store) -> None:
    session, stranger = feedback(store), feedback(store)
    case = opened(store, session)
    assert answers_to(store, session) == []
    set_status(store, case.id, "done", note="n", by="Anna")
    assert answers_to(store, session) == []
    set_answer(store, case.id, answer=ANSWER, by="Anna")
    assert answers_to(store, stranger) == []
    set_status(store, case.id, "doing", by="Anna")  # It was not done after all.
    assert answers_to(store, session) == []
    set_status(store, case.id, "done", note="n", by="Anna")
    assert len(answers_to(store, session)) == 1
    set_answer(store, case.id, answer="", by="Anna")
    assert answers_to(store, session) == []
    with pytest.raises(CaseRefused, match="no such answer"):
        give_verdict(store, case_id=case.id, session_id=session, verdict="better")


def test_an_answer_with_a_verdict_is_withdrawn_but_not_rewritten(store: Store) -> None:
    session = feedback(store)
    case = answered(store, session)
    give_verdict(store, case_id=case.id, session_id=session, verdict="better")
    with pytest.raises(CaseRefused, match="already replied"):
        set_answer(store, case.id, answer="Något annat.", by="Anna")
    assert answers_to(store, session)[0].answer == ANSWER
    set_answer(store, case.id, answer="", by="Anna")
    assert answers_to(store, session) == []


@pytest.mark.parametrize("of", ["another session", "another case", "unknown verdict"])
def test_a_verdict_on_nothing_is_refused(store: Store, of: str) -> None:
    session, stranger = feedback(store), feedback(store)
    case, unanswered = answered(store, session), opened(store, session)
    with pytest.raises(CaseRefused):
        give_verdict(
            store,
            case_id=unanswered.id if of == "another case" else case.id,
            session_id=stranger if of == "another session" else session,
            verdict="worse" if of == "unknown verdict" else "better",  # type: ignore[arg-type]
        )
    assert rows(store, "case_verdicts") == 0


# Erasure and retention


def test_an_erasure_removes_links_and_verdicts_and_keeps_the_case(store: Store) -> None:
    session, other = feedback(store), feedback(store)
    case = answered(store, session, other)
    for each in (session, other):
        give_verdict(store, case_id=case.id, session_id=each, verdict="better")
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    assert answers_to(store, session) == []  # at once, before the erasure is carried out
    assert linked(store, ["aurora"]) == {case.id: [other]}
    assert replies_of(store, ["aurora"]) == {case.id: Replies(1, 1, 0)}
    with pytest.raises(CaseRefused, match="no such answer"):
        give_verdict(store, case_id=case.id, session_id=session, verdict="better")
    erasures.pseudonymise(store, session)
    assert erasures.wipe_pages(store)
    assert (rows(store, "case_sessions"), rows(store, "case_verdicts")) == (1, 1)
    assert not {"case_sessions", "case_verdicts", "cases"} & set(session_rows.about_session(store, session))
    assert find_case(store, case.id) == case


def test_erased_and_expired_sessions_are_not_linked(store: Store) -> None:
    erased, old, kept = feedback(store), feedback(store, at=NOON - timedelta(days=1)), feedback(store)
    tombstones.add(store, session_id=erased, actor="guest", reason="asked")
    expire(store, MONDAY + timedelta(days=1))
    case = opened(store, erased, old, kept)
    assert linked(store, ["aurora"]) == {case.id: [kept]}


def test_links_and_verdicts_expire_with_the_words_and_count_as_removed(store: Store) -> None:
    old, kept = feedback(store, at=NOON - timedelta(days=1)), feedback(store)
    case = answered(store, old, kept)
    give_verdict(store, case_id=case.id, session_id=old, verdict="not_yet")
    expire(store, MONDAY + timedelta(days=1), "devices")
    assert rows(store, "case_sessions") == 2
    expire(store, MONDAY + timedelta(days=1))
    assert linked(store, ["aurora"]) == {case.id: [kept]}
    assert replies_of(store, ["aurora"]) == {case.id: Replies(1, 0, 0)}
    assert {each.kind: each.store_rows for each in expirations.all_expirations(store)} == {"devices": 0, "words": 2}
    assert answers_to(store, old) == []


@pytest.mark.parametrize("table", ["case_history", "case_sessions", "case_verdicts"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET case_id = 'x'"])
@pytest.mark.parametrize("erased", [False, True])
def test_the_database_refuses_other_changes(store: Store, table: str, change: str, erased: bool) -> None:
    session, other = feedback(store), feedback(store)
    case = answered(store, session, other)
    for each in (session, other):
        give_verdict(store, case_id=case.id, session_id=each, verdict="better")
    if erased:
        tombstones.add(store, session_id=session, actor="guest", reason="asked")
    before = rows(store, table)
    with pytest.raises(DBAPIError, match="can only be added to"), store.begin() as connection:
        connection.execute(text(change.format(table)))
    assert rows(store, table) == before


def test_a_guests_export_has_the_answer_but_not_the_owner_or_the_note(store: Store) -> None:
    session = feedback(store)
    case = answered(store, session)
    assign(store, case.id, owner="Elin", by="Anna")
    give_verdict(store, case_id=case.id, session_id=session, verdict="better")
    found = session_rows.about_session(store, session)
    assert found["cases"][0]["answer"] == ANSWER
    assert not {"owner", "note"} & set(found["cases"][0])
    assert [each["verdict"] for each in found["case_verdicts"]] == ["better"]
    assert len(found["case_sessions"]) == 1


@pytest.mark.parametrize("write", ["open", "verdict"])
def test_links_take_turns_with_erasures_and_expirations(
    store: Store, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    session = feedback(store)
    case = answered(store, session)
    taken: list[str] = []
    for module in (case_changes, case_answers, tombstones, expirations):
        monkeypatch.setattr(module, "serialise", lambda _connection, name: taken.append(name))
    if write == "open":
        opened(store, session)
    else:
        give_verdict(store, case_id=case.id, session_id=session, verdict="better")
    ours = set(taken)
    taken.clear()
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    expire(store, MONDAY)
    assert set(taken) <= ours
