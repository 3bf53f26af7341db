"""The import of a till's files on the page: the plan first, its questions, then the confirmation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.actions.confirmed_action import MOST_REASON_CHARACTERS
from dashboards.visit import Visit
from dashboards.words import import_words
from dashboards.words.import_words import SECTION
from operations.counts.till_import import ExportTooLarge, ImportPlan, PlannedDay, import_counts, plan_import
from pilot.cafes import Cafe
from pilot.composed import composed
from pilot.formatting import long_day, number
from pipelines.till.answers import NO_ANSWERS, Answers
from pipelines.till.errors import UnreadableExport
from pipelines.till.replies import replies
from storage.errors import StoreAway

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

FAULTS_SHOWN = 10
ROUND = "counts.round"  # rises with each import, so that the chosen files are let go
DONE = "counts.done"  # the last import's result, shown once
FEW_REPLIES = 3  # shown beside each other; more of them as a list
UPLOAD_MEGABYTES = 20


def till_import(visit: Visit, cafe: Cafe) -> None:
    """Draw the choice of files and, once there are some, what they would change."""
    say = visit.sayer(SECTION)
    visit.draw(fragments.section_head(say("import.title"), summary=say("import.what")))
    if done := st.session_state.pop(DONE, ""):
        visit.draw(fragments.status(str(done)))
    key = f"till-{cafe.id}-{st.session_state.get(ROUND, 0)}"
    given = st.file_uploader(
        say("import.choose"), accept_multiple_files=True, key=key, max_upload_size=UPLOAD_MEGABYTES, width=520
    )
    if not given:
        return
    files = _named(given)
    known = f"{key}-{hashlib.sha256(b''.join(body for _, body in files)).hexdigest()}"
    answers: Answers = st.session_state.get(known, NO_ANSWERS)
    visit.confirm(cafe=cafe.id, permission="cafe.change")
    try:
        plan = plan_import(visit.home, files, cafe=cafe.id, now=visit.now, answers=answers)
    except (UnreadableExport, ExportTooLarge) as error:
        visit.draw(fragments.trouble_part(say("import.refused"), import_words.unreadable(visit, error)))
        _take_back(visit, answers, known=known)
        return
    except StoreAway:
        visit.draw(fragments.status(say("away")))
        return
    _plan(visit, cafe, plan, answers=answers, known=known)


def _named(given: Sequence[UploadedFile]) -> list[tuple[str, bytes]]:
    """Return the files' names and bytes; a name that recurs is numbered."""
    files: list[tuple[str, bytes]] = []
    for one in given:
        base, place = composed(one.name), 2
        name = base
        while name in {earlier for earlier, _ in files}:
            name, place = f"{base} ({place})", place + 1
        files.append((name, one.getvalue()))
    return files


def _plan(visit: Visit, cafe: Cafe, plan: ImportPlan, *, answers: Answers, known: str) -> None:
    for words in import_words.readings(visit, plan):
        visit.draw(fragments.paragraph(words))
    _take_back(visit, answers, known=known)
    if plan.tally.faults:
        _faults(visit, plan)
    _questions(visit, plan, answers=answers, known=known)
    _days(visit, plan)
    _uncounted(visit, plan)
    if not plan.tally.faults and not plan.tally.questions:
        _confirm(visit, cafe, plan)


def _take_back(visit: Visit, answers: Answers, *, known: str) -> None:
    if answers == NO_ANSWERS:
        return
    say = visit.sayer(SECTION)
    visit.draw(fragments.paragraph(say("import.answered")))
    if st.button(say("import.again"), key=f"again-{known}"):
        del st.session_state[known]
        st.rerun()


def _faults(visit: Visit, plan: ImportPlan) -> None:
    say, faults = visit.sayer(SECTION), plan.tally.faults
    words = say("import.faults_one") if len(faults) == 1 else say("import.faults", count=len(faults))
    lines = [import_words.fault(visit, one) for one in faults[:FAULTS_SHOWN]]
    if len(faults) > FAULTS_SHOWN:
        lines.append(say("import.more", count=len(faults) - FAULTS_SHOWN))
    visit.draw(fragments.trouble_part(say("import.refused"), words, lines=lines))


def _questions(visit: Visit, plan: ImportPlan, *, answers: Answers, known: str) -> None:
    say, asked = visit.sayer(SECTION), plan.tally.questions
    if not asked:
        return
    title = say("import.questions_one") if len(asked) == 1 else say("import.questions", count=len(asked))
    visit.draw(fragments.chart_head(title, summary=""))
    # One at a time: an answer may settle the next question, or raise another one.
    one = asked[0]
    possible = replies(one, plan.exports, answers=answers)
    words = [import_words.reply(visit, each) for each in possible]
    label, key = import_words.question(visit, one, plan.exports), f"{known}-{one.code}-{one.column}-{one.row}"
    with st.form(f"form-{key}", border=True):
        if len(possible) <= FEW_REPLIES:
            chosen = st.radio(label, range(len(possible)), index=None, format_func=words.__getitem__, key=key)
        else:
            chosen = st.selectbox(label, range(len(possible)), index=None, format_func=words.__getitem__, key=key)
        sent = st.form_submit_button(say("import.answer"), key=f"answer-{key}")
    if sent and chosen is None:
        visit.draw(fragments.status(say("import.pick")))
    elif sent and chosen is not None:
        st.session_state[known] = possible[chosen].answers
        st.rerun()


def _days(visit: Visit, plan: ImportPlan) -> None:
    say = visit.sayer(SECTION)
    visit.draw(fragments.chart_head(say("import.plan"), summary=""))
    if not plan.days:
        visit.draw(fragments.paragraph(say("import.nothing")))
        return
    several = any(len(tills) > 1 for tills in plan.tally.tills.values())
    rows = []
    for one in reversed(plan.days):
        row = {
            say("days.day"): long_day(one.count.day, language=visit.language),
            say("days.customers"): number(one.count.customers, language=visit.language),
            say("import.change"): _change(visit, one),
        }
        if several:
            tills = plan.tally.tills.get((one.count.cafe, one.count.day), {})
            row[say("import.tills")] = ", ".join(
                say("import.till", till=till or say("import.no_till"), customers=count) for till, count in tills.items()
            )
        rows.append(row)
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _change(visit: Visit, one: PlannedDay) -> str:
    say, before = visit.sayer(SECTION), one.before
    if one.outcome != "corrected" or before is None:
        return say(f"import.{one.outcome}")
    customers = number(before.customers, language=visit.language)
    source = visit.say(f"count.source.{before.source}")
    return say("import.corrected", customers=customers, source=source, actor=before.actor)


def _uncounted(visit: Visit, plan: ImportPlan) -> None:
    say = visit.sayer(SECTION)
    lines = import_words.uncounted(visit, plan)
    if lines:
        visit.draw(fragments.chart_head(say("import.left_out"), summary=say("import.left_out_what")))
        visit.draw(fragments.points(lines))


def _confirm(visit: Visit, cafe: Cafe, plan: ImportPlan) -> None:
    say = visit.sayer(SECTION)
    changed = [one for one in plan.days if one.outcome != "unchanged"]
    if not changed:
        if plan.days:
            visit.draw(fragments.paragraph(say("import.nothing")))
        return
    replaced = any(one.outcome == "corrected" for one in changed)
    # The form is of exactly this plan: after a change by somebody else, the click on an old one is lost.
    shown = hashlib.sha256(repr(plan.days).encode()).hexdigest()
    with st.form(f"confirm-{shown}", border=False):
        reason = ""
        if replaced:
            reason = st.text_input(
                say("import.replace"), max_chars=MOST_REASON_CHARACTERS, key=f"why-{shown}", width=420
            )
        label = say("import.confirm_one") if len(changed) == 1 else say("import.confirm", count=len(changed))
        sent = st.form_submit_button(label, key="import-confirm", type="primary")
    if not sent:
        return
    reason = composed(reason).strip()
    if replaced and not reason:
        visit.draw(fragments.status(say("import.replace_do")))
        return
    visit.confirm(cafe=cafe.id, permission="cafe.change")
    try:
        done = import_counts(visit.home, plan, actor=visit.actor, reason=reason)
    except StoreAway:
        visit.draw(fragments.status(say("away")))
        return
    outcomes = {kind: sum(each.outcome == kind for each in done) for kind in ("new", "corrected", "unchanged")}
    st.session_state[DONE] = say("import.done", **outcomes)
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    st.rerun()
