"""Managers' answers to the survey: one for each account and period, changed until the period ends."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Row, delete, insert, select

from pilot.survey import MOST_COMMENT_CHARACTERS, fault_of
from pilot.text_shape import clean
from storage.errors import StorageError
from storage.store import audit
from storage.store.access.accounts import of_row
from storage.store.engine import Store, serialise
from storage.store.schemas.access import accounts
from storage.store.schemas.surveys import survey_answers

RefusalCode = Literal["not_a_manager", "question", "comment"]


class SurveyRefused(StorageError):
    """The answer is incomplete, or its account does not answer the survey; `code` says which."""

    def __init__(self, what: str, *, remedy: str, code: RefusalCode) -> None:
        super().__init__(what, remedy=remedy)
        self.code = code


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """One manager's answer.

    Attributes:
        account_id: The account.
        period: The first day of the period.
        cafes: The cafés of the account when it answered, sorted.
        simulated: Whether it was given in a demo.
        answers: The chosen option by question.
        comment: The manager's own words; empty without any.
        answered_at: When, UTC.
    """

    account_id: str
    period: date
    cafes: tuple[str, ...]
    simulated: bool
    answers: Mapping[str, str]
    comment: str
    answered_at: datetime


def answer(
    store: Store, account_id: str, *, period: date, answers: Mapping[str, str], comment: str, simulated: bool
) -> SurveyAnswer:
    """Save a manager's answer in a period; a later one replaces it. The audit log has no content of it.

    Args:
        store: The store.
        account_id: The account; only a manager answers.
        period: The first day of the period.
        answers: The chosen option of every question.
        comment: The manager's own words; may be empty.
        simulated: Whether it is given in a demo.

    Raises:
        SurveyRefused: a question is unanswered, the comment is too long, or the account is no manager's.
    """
    if question := fault_of(answers):
        raise SurveyRefused(
            f"The question {question!r} has no valid answer.", remedy="Choose one of its options.", code="question"
        )
    text = _plain(comment)
    with store.begin() as connection:
        serialise(connection, f"survey:{account_id}")
        row = connection.execute(select(accounts).where(accounts.c.id == account_id)).first()
        account = None if row is None else of_row(row)
        if account is None or account.revoked_at is not None or account.role != "manager":
            raise SurveyRefused(
                "Only a café's manager answers the survey.", remedy="Sign in as a manager.", code="not_a_manager"
            )
        cafes, at = tuple(sorted(account.cafes or ())), store.now()
        mine = (survey_answers.c.account_id == account_id, survey_answers.c.period == period)
        connection.execute(delete(survey_answers).where(*mine))
        made = SurveyAnswer(account_id, period, cafes, simulated, dict(answers), text, at)
        connection.execute(
            insert(survey_answers).values(
                account_id=account_id, period=period, cafes=list(cafes), simulated=simulated, answers=dict(answers),
                comment=text, answered_at=at,
            )
        )  # fmt: skip
        audit.record(connection, actor=account.email, action="survey.answer", subject=period.isoformat(), at=at)
    return made


def answers_of(store: Store, *, simulated: bool) -> list[SurveyAnswer]:
    """Return every answer, by period and time."""
    query = (
        select(survey_answers)
        .where(survey_answers.c.simulated == simulated)
        .order_by(survey_answers.c.period, survey_answers.c.answered_at)
    )
    with store.reading() as connection:
        return [_of_row(row) for row in connection.execute(query)]


def own_answer(store: Store, account_id: str, *, period: date) -> SurveyAnswer | None:
    """Return an account's answer in a period; None if it has not answered."""
    query = select(survey_answers).where(survey_answers.c.account_id == account_id, survey_answers.c.period == period)
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else _of_row(row)


def _of_row(row: Row[Any]) -> SurveyAnswer:
    return SurveyAnswer(
        row.account_id, row.period, tuple(row.cafes), row.simulated, row.answers, row.comment, row.answered_at
    )


def _plain(comment: str) -> str:
    """Return the comment on one line.

    Raises:
        SurveyRefused: it is too long or has control characters.
    """
    line = re.sub(r"\s+", " ", clean(comment[: 4 * MOST_COMMENT_CHARACTERS])).strip()
    too_long = len(comment) > 4 * MOST_COMMENT_CHARACTERS or len(line) > MOST_COMMENT_CHARACTERS
    if too_long or any(unicodedata.category(each) == "Cc" for each in line):
        raise SurveyRefused(
            f"The comment is longer than {MOST_COMMENT_CHARACTERS} characters, or has control characters.",
            remedy="Shorten it, and type it as plain text.",
            code="comment",
        )
    return line
