"""The guests' side of cases: the answers to a session, and the guest's verdict on each, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import insert, select

from pilot.business_days import session_day
from storage.store.cafes.cases import CaseRefused
from storage.store.engine import Store, serialise
from storage.store.schemas.cases import case_sessions, case_verdicts, cases
from storage.store.schemas.core import tombstones

Verdict = Literal["better", "not_yet"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
MOST_ANSWERS = 5  # on one receipt


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """A café's answer, as the guest of one session sees it.

    Attributes:
        case_id: The case.
        subject: A theme's code, or the flag of an urgent matter.
        said: The manager's words for what the guests said; empty for the theme's own.
        answer: What the café has done.
        language: The language of `said` and `answer`.
        answered_at: When it was written, UTC.
        verdict: The guest's verdict; None before.
    """

    case_id: str
    subject: str
    said: str
    answer: str
    language: Literal["sv", "en"]
    answered_at: datetime
    verdict: Verdict | None = None


def answers_to(store: Store, session_id: str) -> list[CaseAnswer]:
    """Return the newest answers to a session, newest first; none to an erased one."""
    mine = (case_verdicts.c.case_id == cases.c.id) & (case_verdicts.c.session_id == session_id)
    columns = (
        cases.c.id.label("case_id"),
        *(cases.c[name] for name in ("subject", "said", "answer", "answered_at")),
        cases.c.answer_language.label("language"),
        case_verdicts.c.verdict,
    )
    query = (
        select(*columns)
        .join(case_sessions, case_sessions.c.case_id == cases.c.id)
        .outerjoin(case_verdicts, mine)
        .where(case_sessions.c.session_id == session_id, cases.c.status == "done", cases.c.answer != "")
        .order_by(cases.c.answered_at.desc(), cases.c.id)
        .limit(MOST_ANSWERS)
    )
    with store.reading() as connection:
        if connection.execute(select(tombstones.c.day).where(tombstones.c.session_id == session_id)).first():
            return []
        return [CaseAnswer(**row._mapping) for row in connection.execute(query)]


def give_verdict(store: Store, *, case_id: str, session_id: str, verdict: Verdict) -> bool:
    """Record a guest's verdict on an answer; return whether it is new. The first one counts.

    Raises:
        CaseRefused: the verdict is unknown, or the session has no such answer: never had, erased, expired, withdrawn.
    """
    if verdict not in VERDICTS:
        raise CaseRefused("The verdict is unknown.", remedy=f"Give one of {', '.join(VERDICTS)}.")
    at = store.now()
    with store.begin() as connection:
        serialise(connection, "cases")
        # An erasure or expiration that begins later finds the verdict; one that began earlier has removed the link.
        serialise(connection, "outbox")
        serialise(connection, "expirations")
        answered = (
            select(cases.c.id)
            .join(case_sessions, case_sessions.c.case_id == cases.c.id)
            .where(cases.c.id == case_id, case_sessions.c.session_id == session_id)
            .where(cases.c.status == "done", cases.c.answer != "")
        )
        erased = select(tombstones.c.day).where(tombstones.c.session_id == session_id)
        if connection.execute(answered).first() is None or connection.execute(erased).first() is not None:
            raise CaseRefused("There is no such answer to this session.", remedy="Reload the receipt.")
        known = (case_verdicts.c.case_id == case_id) & (case_verdicts.c.session_id == session_id)
        if connection.execute(select(case_verdicts.c.verdict).where(known)).first() is not None:
            return False
        connection.execute(
            insert(case_verdicts).values(
                case_id=case_id, session_id=session_id, day=session_day(session_id), verdict=verdict, given_at=at
            )
        )
    return True
