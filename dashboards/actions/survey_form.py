"""The survey's form: six questions without a preselected option, and a line of the manager's own."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboards import fragments
from dashboards.visit import Visit
from pilot.composed import composed
from pilot.survey import MOST_COMMENT_CHARACTERS, OPTIONS, QUESTIONS, Period, Question
from pilot.words import say as say_words
from storage.errors import StoreAway
from storage.store.access.survey_answers import SurveyAnswer, SurveyRefused, answer, own_answer

RESULT = "survey.result"
WORDS = "survey"


def survey_form(visit: Visit, period: Period) -> None:
    """Draw the form with the manager's own answer, and save it."""
    try:
        mine = own_answer(visit.store(permission="feedback"), visit.principal.account, period=period.first)
    except StoreAway:
        visit.draw(fragments.paragraph(visit.say("action.refused.StoreAway")))
        return
    name = _say(visit, f"period.{period.name}")
    visit.draw(
        fragments.lead(
            _say(visit, "lead.ask" if mine is None else "lead.answered", period=name), notes=[_say(visit, "form.who")]
        )
    )
    if result := st.session_state.pop(RESULT, ""):
        visit.draw(fragments.status(str(result)))
    with st.form("survey", border=False):
        chosen = {question: _choice(visit, question, mine) for question in QUESTIONS}
        comment = st.text_area(
            _say(visit, "form.comment", most=MOST_COMMENT_CHARACTERS),
            value=mine.comment if mine else "",
            max_chars=MOST_COMMENT_CHARACTERS,
            placeholder=_say(visit, "form.comment_hint"),
            key="survey-comment",
            height=90,
        )
        sent = st.form_submit_button(_say(visit, "form.send" if mine is None else "form.change"), key="survey-send")
    if sent:
        _save(visit, period, chosen, comment=composed(comment))


def _choice(visit: Visit, question: Question, mine: SurveyAnswer | None) -> str | None:
    options = OPTIONS[question]
    given = mine.answers.get(question) if mine else None
    chosen: str | None = st.radio(
        f"**{_say(visit, f'question.{question}')}**",
        options,
        index=options.index(given) if given in options else None,
        format_func=lambda option: _say(visit, f"option.{question}.{option}"),
        key=f"survey-{question}",
    )
    return chosen


def _save(visit: Visit, period: Period, chosen: Mapping[Question, str | None], *, comment: str) -> None:
    missing = next((question for question, option in chosen.items() if option is None), None)
    if missing is not None:
        visit.draw(fragments.status(_say(visit, "form.required", question=_say(visit, f"question.{missing}"))))
        return
    try:
        answer(
            visit.store(permission="cafe.change"),
            visit.principal.account,
            period=period.first,
            answers={question: str(option) for question, option in chosen.items()},
            comment=comment,
            simulated=visit.simulated,
        )
    except SurveyRefused as refused:
        visit.draw(fragments.status(_say(visit, f"refused.{refused.code}")))
        return
    except StoreAway:
        visit.draw(fragments.status(visit.say("action.refused.StoreAway")))
        return
    st.session_state[RESULT] = _say(visit, "form.saved")
    st.rerun()


def _say(visit: Visit, key: str, **fields: object) -> str:
    return say_words(WORDS, key, visit.language, **fields)
