"""The café's answers on a receipt: what guests said, what was done, and the guest's verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pilot.business_days import business_day
from pilot.cafes import Language
from pilot.case_words import said_of
from storage.store.cafes.case_answers import CaseAnswer, Verdict
from voice_edge.doors.calendar_words import day_words


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One answer as the page shows it.

    Attributes:
        case_id: The case, for the form's address.
        said: What guests said, in the manager's words or the theme's.
        said_language: The language of `said`.
        done: What the café has done.
        done_language: The language of `done`.
        day: The day of the answer, in words.
        verdict: The guest's verdict; empty before.
    """

    case_id: str
    said: str
    said_language: Language
    done: str
    done_language: Language
    day: str
    verdict: Verdict | Literal[""]


def answer_views(answers: Sequence[CaseAnswer], *, language: Language) -> tuple[AnswerView, ...]:
    """Return the views of a session's answers; the manager's own texts stay in their language."""
    return tuple(
        AnswerView(
            each.case_id,
            each.said or said_of(each.subject, language),
            each.language if each.said else language,
            each.answer,
            each.language,
            day_words(business_day(each.answered_at), language),
            each.verdict or "",
        )
        for each in answers
    )
