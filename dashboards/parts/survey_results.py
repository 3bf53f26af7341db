"""The managers' answers to the survey: their number, each question's distribution, and comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from dashboards import fragments
from dashboards.choices.url_choice import url_choice
from dashboards.fragments import render
from dashboards.visit import Visit
from pilot.formatting import join_names, long_day, number, short_day
from pilot.survey import Period, Question, distribution, period_on, periods
from pilot.words import say as say_words
from storage.store.access import accounts
from storage.store.access.survey_answers import SurveyAnswer, answers_of

FEW = 8  # answers below which shares say nothing
WORDS = "survey"


def survey_results(visit: Visit) -> None:
    """Draw the answers about the cafés that the reader may see."""
    store = visit.store(permission="pilot")
    pilot = visit.home.cafes().pilot
    mine = [each for each in answers_of(store, simulated=visit.simulated) if _is_visible(visit, each.cafes)]
    managers = [
        each
        for each in accounts.every(store)
        if each.role == "manager" and each.revoked_at is None and _is_visible(visit, each.cafes or ())
    ]
    known = {each.first: each for each in periods(pilot) if each.first <= visit.today}
    starts = sorted({*known, *(each.period for each in mine)}, reverse=True)
    if not starts:
        visit.draw(fragments.lead(_say(visit, "lead.before", day=long_day(pilot.first_day, language=visit.language))))
        return
    current = period_on(pilot, visit.today)
    names = {each.isoformat(): _name(visit, known.get(each), each) for each in starts}
    with st.container(horizontal=True, key="controls"):
        chosen = url_choice(
            _say(visit, "results.period"),
            names,
            default=current.first.isoformat() if current else starts[0].isoformat(),
            name="enkatperiod",
            width=320,
        )
    given = [each for each in mine if each.period.isoformat() == chosen]
    _lead(
        visit,
        given,
        managers=len(managers),
        period=names[chosen],
        is_current=bool(current and current.first.isoformat() == chosen),
    )
    if given:
        for question, counts in distribution(each.answers for each in given).items():
            _distribution(visit, question, counts, given=len(given))
        _comments(visit, given)
    visit.draw(fragments.lead("", notes=[_say(visit, "results.sources")]))


def _is_visible(visit: Visit, cafes: Sequence[str] | frozenset[str]) -> bool:
    return visit.principal.cafes is None or (bool(cafes) and all(visit.principal.sees(cafe) for cafe in cafes))


def _name(visit: Visit, period: Period | None, first: date) -> str:
    if period is None:
        return f"{_say(visit, 'period.other')} ({short_day(first, language=visit.language)})"
    return _say(visit, f"period.{period.name}")


def _lead(visit: Visit, given: Sequence[SurveyAnswer], *, managers: int, period: str, is_current: bool) -> None:
    fields = {"count": len(given), "all": managers, "period": period}
    key = ("none" if managers else "nobody") if not given else "answered" if is_current else "answered_other"
    notes = []
    if given:
        notes = [_say(visit, "results.small" if len(given) < FEW else "results.whole")]
    visit.draw(fragments.lead(_say(visit, f"results.{key}", **fields), notes=notes))


def _distribution(visit: Visit, question: Question, counts: Mapping[str, int], *, given: int) -> None:
    """Draw how many chose each option; the number stands beside its bar."""
    rows = [
        {
            "name": _say(visit, f"option.{question}.{option}"),
            "count": _say(
                visit,
                "results.of",
                count=number(count, language=visit.language),
                all=number(given, language=visit.language),
            ),
            "width": 100 * count / given,
        }
        for option, count in counts.items()
    ]
    visit.draw(render("distribution", title=_say(visit, f"question.{question}"), rows=rows))


def _comments(visit: Visit, given: Sequence[SurveyAnswer]) -> None:
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    written = [each for each in given if each.comment]
    summary = _say(visit, "results.comments_what" if written else "results.no_comments")
    visit.draw(fragments.section_head(_say(visit, "results.comments"), summary=summary))
    for each in written:
        cafes = join_names([names.get(cafe, cafe) for cafe in each.cafes], language=visit.language)
        visit.draw(render("case", title=cafes, state="", status="", lines=[each.comment], details=[]))


def _say(visit: Visit, key: str, **fields: object) -> str:
    return say_words(WORDS, key, visit.language, **fields)
