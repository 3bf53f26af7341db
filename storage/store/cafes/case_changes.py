"""Opens and changes cases; history and audit log have each change, without texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from pilot.business_days import session_day
from pilot.identifiers import new_identifier
from storage.store import audit
from storage.store.cafes.case_texts import plain_text, theme_code
from storage.store.cafes.cases import ORIGINS, STATUSES, Action, Case, CaseRefused, Origin, Status, read_case
from storage.store.engine import Store, serialise
from storage.store.schemas.cases import case_history, case_sessions, case_verdicts, cases
from storage.store.schemas.core import receipts, tombstones
from storage.store.schemas.privacy import expirations

# A closed case is taken up again with "doing"; only a new one is "open".
NEXT: Mapping[Status, tuple[Status, ...]] = MappingProxyType(
    {"open": ("doing", "done", "dropped"), "doing": ("done", "dropped"), "done": ("doing",), "dropped": ("doing",)}
)
MOST_SESSIONS = 1000


def open_case(
    store: Store,
    *,
    cafe: str,
    subject: str,
    origin: Origin,
    week: date,
    sessions: Collection[str] = (),
    owner: str = "",
    simulated: bool = False,
    by: str,
) -> Case:
    """Open a case, and link its sessions; return it.

    An open proposal of the same café, subject and week is returned unchanged: a second press opens no second case.
    Erased sessions, and those whose words have expired, are not linked.

    Args:
        store: The store.
        cafe: The café's id.
        subject: A theme's code, or the flag of an urgent matter.
        origin: proposal, urgent or manual.
        week: A day of the week in which it is taken up.
        sessions: The sessions that it is about; the café's own.
        owner: An account's id or a name; empty for nobody.
        simulated: Whether it is about simulated sessions.
        by: Who opens it.

    Raises:
        CaseRefused: a field is invalid, or a session is another café's.
    """
    if origin not in ORIGINS:
        raise CaseRefused("The origin of the case is unknown.", remedy=f"Give one of {', '.join(ORIGINS)}.")
    at = store.now()
    monday = date.fromordinal(week.toordinal() - week.weekday())
    name, actor = plain_text(owner, "owner"), _actor(by)
    opened = Case(new_identifier(at=at), cafe, simulated, theme_code(subject), origin, monday, name, "open", at)
    with store.begin() as connection:
        serialise(connection, "cases")
        # An erasure or expiration that begins later finds the links; one that began earlier is found here.
        serialise(connection, "outbox")
        serialise(connection, "expirations")
        same = (cases.c.cafe == cafe) & (cases.c.subject == subject) & (cases.c.week == monday)
        same &= (cases.c.simulated == simulated) & (cases.c.origin == origin) & cases.c.status.in_(["open", "doing"])
        known = connection.execute(select(cases.c.id).where(same).order_by(cases.c.id)).scalar()
        if known is not None and origin != "manual":
            found = read_case(connection, known)
            assert found is not None
            return found
        connection.execute(insert(cases).values(asdict(opened)))
        linked = _link(connection, opened, sessions, at=at)
        _record(connection, opened.id, "open", actor=actor, at=at, details={"origin": origin, "sessions": linked})
    return opened


def assign(store: Store, case_id: str, *, owner: str, by: str) -> Case:
    """Set the owner of a case, empty for nobody; return it.

    Raises:
        CaseRefused: there is no such case, or the owner is invalid.
    """
    name, actor = plain_text(owner, "owner"), _actor(by)
    return _change(store, case_id, "assign", actor=actor, changed=lambda case, _: replace(case, owner=name))


def set_status(store: Store, case_id: str, status: Status, *, note: str = "", by: str) -> Case:
    """Change the status of a case; return it. The first change to doing or done is its first action.

    Args:
        store: The store.
        case_id: The case.
        status: The new status.
        note: What was done; needed for done, and replaces an earlier note if given.
        by: Who changes it.

    Raises:
        CaseRefused: there is no such case, the status cannot follow the present one, or done lacks a note.
    """
    if status not in STATUSES:
        raise CaseRefused("The status is unknown.", remedy=f"Give one of {', '.join(STATUSES)}.")
    text, actor = plain_text(note, "note"), _actor(by)

    def changed(case: Case, at: datetime) -> Case:
        if status not in NEXT[case.status]:
            raise CaseRefused(
                f"A case that is {case.status} cannot become {status}.",
                remedy=f"It can become {' or '.join(NEXT[case.status])}; reload the page if it shows another status.",
                code="transition",
            )
        if status == "done" and not text:
            raise CaseRefused(
                "A case needs a note to be done.", remedy="Write what was done, in a sentence.", code="note"
            )
        acted = at if status in ("doing", "done") else None
        return replace(
            case,
            status=status,
            note=text or case.note,
            first_action_at=case.first_action_at or acted,
            closed_at=at if status in ("done", "dropped") else None,
        )

    return _change(store, case_id, "status", actor=actor, changed=changed)


def set_answer(
    store: Store, case_id: str, *, answer: str, said: str = "", language: Literal["sv", "en"] = "sv", by: str
) -> Case:
    """Set the answer to the guests of a case that is done; an empty one withdraws it at any time.

    Args:
        store: The store.
        case_id: The case.
        answer: What the café has done, in the manager's own words.
        said: The manager's words for what the guests said; empty for the theme's own.
        language: The language of both.
        by: Who writes it.

    Raises:
        CaseRefused: there is no such case, it is not done, a guest has given a verdict on the present answer, or a
            text is invalid or holds personal data.
    """
    if language not in ("sv", "en"):
        raise CaseRefused("The language of the answer is unknown.", remedy="Give sv or en.")
    written, summary = plain_text(answer, "answer"), plain_text(said, "said")
    actor = _actor(by)

    def changed(case: Case, at: datetime) -> Case:
        if case.status != "done" and written:
            raise CaseRefused(
                f"A case that is {case.status} cannot be answered.",
                remedy="Mark it as done first: guests read it as done.",
                code="not_done",
            )
        return replace(
            case, answer=written, said=summary, answer_language=language, answered_at=at if written else None
        )

    return _change(store, case_id, "answer", actor=actor, changed=changed)


def _change(store: Store, case_id: str, action: Action, *, actor: str, changed: Any) -> Case:
    at = store.now()
    with store.begin() as connection:
        serialise(connection, "cases")
        before = read_case(connection, case_id)
        if before is None:
            raise CaseRefused(
                "There is no such case.", remedy="Reload the page: its list shows the cases there are.", code="gone"
            )
        after: Case = changed(before, at)
        if action == "answer" and after.answer and _has_verdict(connection, case_id):
            raise CaseRefused(
                "A guest has already replied to the answer.",
                remedy="Open a new case for what has happened since.",
                code="replied",
            )
        connection.execute(update(cases).where(cases.c.id == case_id).values(asdict(after)))
        _record(connection, case_id, action, actor=actor, at=at, details=_details(before, after, action))
    return after


def _details(before: Case, after: Case, action: Action) -> dict[str, Any]:
    if action == "status":
        return {"from": before.status, "to": after.status}
    return {"answered": bool(after.answer)} if action == "answer" else {"assigned": bool(after.owner)}


def _has_verdict(connection: Connection, case_id: str) -> bool:
    query = select(case_verdicts.c.case_id).where(case_verdicts.c.case_id == case_id)
    return connection.execute(query).first() is not None


def _link(connection: Connection, case: Case, sessions: Collection[str], *, at: datetime) -> int:
    """Link sessions that are neither erased nor expired; return their number."""
    if len(sessions) > MOST_SESSIONS:
        raise CaseRefused(f"A case links at most {MOST_SESSIONS} sessions.", remedy="Choose a shorter period.")
    try:
        days = {session: session_day(session) for session in sessions}
    except ValueError:
        raise CaseRefused(
            "A linked session is not a session's identifier.", remedy="Take it from the feedback on the page."
        ) from None
    of_sessions = select(receipts.c.session_id, receipts.c.cafe, receipts.c.simulated).where(
        receipts.c.session_id.in_(list(days))
    )
    for _, cafe, simulated in connection.execute(of_sessions):
        if (cafe, simulated) != (case.cafe, case.simulated):
            raise CaseRefused("A linked session is another café's.", remedy="Link the café's own feedback.")
    erased = connection.execute(select(tombstones.c.session_id).where(tombstones.c.session_id.in_(list(days))))
    expired = connection.execute(
        select(expirations.c.day).where(
            expirations.c.day.in_(sorted(set(days.values()))), expirations.c.kind == "words"
        )
    )
    gone, past = set(erased.scalars()), set(expired.scalars())
    rows = [
        {"case_id": case.id, "session_id": session, "day": day, "linked_at": at}
        for session, day in sorted(days.items())
        if session not in gone and day not in past
    ]
    if rows:
        connection.execute(insert(case_sessions), rows)
    return len(rows)


def _record(
    connection: Connection, case_id: str, action: Action, *, actor: str, at: datetime, details: Mapping[str, Any]
) -> None:
    connection.execute(
        insert(case_history).values(case_id=case_id, at=at, actor=actor, action=action, details=dict(details))
    )
    audit.record(connection, actor=actor, action=f"case.{action}", subject=case_id, details=details, at=at)


def _actor(by: str) -> str:
    if not by.strip():
        raise CaseRefused("A change of a case needs the name of who makes it.", remedy="Sign in, or give your name.")
    return plain_text(by, "actor")
