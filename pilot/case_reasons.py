"""Why a thing is worth doing, and its name, in words for the manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pilot.formatting import Language, interval, join_names, measure, number
from pilot.words import say, section

URGENT_PREFIX = "urgent_"


def subject_name(subject: str, *, language: Language) -> str:
    """Return a subject's word, capitalised for a heading."""
    word = section("dashboards", language).get(f"aspect.{subject}", subject)
    return word[:1].upper() + word[1:]


def whys_in_words(whys: Sequence[tuple[str, Mapping[str, float]]], *, language: Language) -> list[str]:
    """Return a proposal's reasons as sentences; urgent kinds are one sentence.

    Args:
        whys: The code and the figures of each reason (`pipelines.cases.proposals.Why`).
        language: The language.
    """
    urgent = [_urgent(code, details, language) for code, details in whys if code.startswith(URGENT_PREFIX)]
    sentences = [f"{join_names(urgent, language=language)}."] if urgent else []
    return sentences + [_why(code, details, language) for code, details in whys if not code.startswith(URGENT_PREFIX)]


def _urgent(code: str, details: Mapping[str, float], language: Language) -> str:
    count = int(details["sessions"])
    key = "todo.why.answer_one" if count == 1 else "todo.why.answers"
    sessions = say("dashboards", key, language, count=count)
    return say("dashboards", f"todo.why.{code}", language, sessions=sessions)


def _why(code: str, details: Mapping[str, float], language: Language) -> str:
    if code == "no_history":
        return say("dashboards", "todo.why.no_history", language)
    if code == "complaints":
        return say(
            "dashboards",
            "todo.why.complaints",
            language,
            complaints=number(details["complaints"], language=language),
            feedbacks=number(details["feedbacks"], language=language),
            share=measure(details["share"], unit="share", language=language, decimals=0),
            interval=interval(details["low"], details["high"], unit="share", language=language, decimals=0),
        )
    before = measure(details["share_before"], unit="share", language=language, decimals=0)
    return say("dashboards", f"todo.why.{code}", language, before=before)
