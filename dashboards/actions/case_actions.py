"""The actions on a case: owner, status, note and the answer to the guests; each confirms who acts."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboards import fragments
from dashboards.parts.case_fragments import guest_answer, subject_name
from dashboards.visit import Visit
from pilot.access import Permission
from pilot.case_words import said_of
from storage.errors import StoreAway
from storage.store.cafes.case_changes import assign, open_case, set_answer, set_status
from storage.store.cafes.case_texts import MOST_CHARACTERS, plain_text
from storage.store.cafes.cases import Case, CaseRefused, Replies
from storage.store.engine import Store

CHANGE: Permission = "cafe.change"
RESULT = "todo.result"  # shown once, after the page is drawn anew


def act(visit: Visit, cafe: str, action: Callable[[Store], object], *, done: str) -> None:
    """Run an action of the reader on a café, and draw the page anew; say why if it is refused.

    Args:
        visit: The visit.
        cafe: The café that the action is about.
        action: The action.
        done: The key of the sentence that reports it.
    """
    try:
        action(visit.store(cafe=cafe, permission=CHANGE))
    except CaseRefused as refused:
        visit.draw(fragments.status(visit.say(f"todo.refused.{refused.code}")))
        return
    except StoreAway:
        visit.draw(fragments.status(visit.say("todo.away")))
        return
    st.session_state[RESULT] = visit.say(done)
    st.rerun()


def draw_result(visit: Visit) -> None:
    """Report the action that led to this drawing of the page."""
    result = st.session_state.pop(RESULT, "")
    if result:
        visit.draw(fragments.status(result))


def case_actions(visit: Visit, case: Case, *, replies: Replies | None) -> None:
    """Draw the actions that the case's status allows; nothing for a reader who may not change cases."""
    if not visit.principal.may(CHANGE):
        return
    with st.expander(visit.say("todo.do.change", subject=subject_name(visit, case.subject)), key=f"change-{case.id}"):
        _owner(visit, case)
        if case.status == "open" and st.button(visit.say("todo.do.start"), key=f"start-{case.id}"):
            act(
                visit,
                case.cafe,
                lambda store: set_status(store, case.id, "doing", by=visit.actor),
                done="todo.do.saved",
            )
        if case.status in ("open", "doing"):
            _finish(visit, case)
        else:
            if case.status == "done":
                _answer(visit, case, replies=replies or Replies())
            if st.button(visit.say("todo.do.again"), key=f"again-{case.id}"):
                act(
                    visit,
                    case.cafe,
                    lambda store: set_status(store, case.id, "doing", by=visit.actor),
                    done="todo.do.saved",
                )


def make_case(visit: Visit, cafe: str, *, subject: str, sessions: tuple[str, ...]) -> None:
    """Draw the button that makes a proposal a case."""
    origin = "urgent" if subject == "urgent" else "proposal"
    # Buttons of the same name are told apart by their subject, for screen readers too.
    label = f"{visit.say('todo.week.make')}: {subject_name(visit, subject)}"
    if visit.principal.may(CHANGE) and st.button(label, key=f"make-{cafe}-{subject}"):
        act(
            visit,
            cafe,
            lambda store: open_case(
                store,
                cafe=cafe,
                subject=subject,
                origin=origin,  # type: ignore[arg-type]
                week=visit.today,
                sessions=sessions,
                simulated=visit.simulated,
                by=visit.actor,
            ),
            done="todo.week.made",
        )


def new_case(visit: Visit, cafe: str, *, themes: list[str]) -> None:
    """Draw the form of a case of the manager's own."""
    if not visit.principal.may(CHANGE):
        return
    with st.expander(visit.say("todo.new.title"), key="new-case"), st.form("new-case-form", border=False):
        theme = st.selectbox(
            visit.say("todo.new.theme"), themes, format_func=lambda each: subject_name(visit, each), width=360
        )
        owner = st.text_input(visit.say("todo.do.owner"), max_chars=MOST_CHARACTERS["owner"], width=360)
        sent = st.form_submit_button(visit.say("todo.new.add"))
    if sent:
        act(
            visit,
            cafe,
            lambda store: open_case(
                store,
                cafe=cafe,
                subject=theme,
                origin="manual",
                week=visit.today,
                owner=owner,
                simulated=visit.simulated,
                by=visit.actor,
            ),
            done="todo.week.made",
        )


def _owner(visit: Visit, case: Case) -> None:
    with st.form(f"owner-{case.id}", border=False, enter_to_submit=True):
        owner = st.text_input(
            visit.say("todo.do.owner"),
            value=case.owner,
            max_chars=MOST_CHARACTERS["owner"],
            placeholder=visit.say("todo.do.owner_hint"),
            width=360,
        )
        sent = st.form_submit_button(visit.say("todo.do.save_owner"), key=f"save-owner-{case.id}")
    if sent:
        act(visit, case.cafe, lambda store: assign(store, case.id, owner=owner, by=visit.actor), done="todo.do.saved")


def _finish(visit: Visit, case: Case) -> None:
    with st.form(f"note-{case.id}", border=False):
        note = st.text_area(
            visit.say("todo.do.note"),
            max_chars=MOST_CHARACTERS["note"],
            placeholder=visit.say("todo.do.note_hint"),
            height=80,
        )
        done = st.form_submit_button(visit.say("todo.do.finish"), key=f"finish-{case.id}")
    if done:
        act(
            visit,
            case.cafe,
            lambda store: set_status(store, case.id, "done", note=note, by=visit.actor),
            done="todo.do.saved",
        )
    if st.button(visit.say("todo.do.drop"), key=f"drop-{case.id}"):
        act(visit, case.cafe, lambda store: set_status(store, case.id, "dropped", by=visit.actor), done="todo.do.saved")


def _answer(visit: Visit, case: Case, *, replies: Replies) -> None:
    visit.draw(fragments.paragraph(visit.say("todo.do.answer_what", count=replies.linked)))
    with st.form(f"answer-{case.id}", border=False):
        said = st.text_input(
            visit.say("todo.do.said"),
            value=case.said,
            max_chars=MOST_CHARACTERS["said"],
            placeholder=visit.say("todo.do.said_hint", said=said_of(case.subject, visit.language)),
        )
        answer = st.text_area(
            visit.say("todo.do.answer"),
            value=case.answer,
            max_chars=MOST_CHARACTERS["answer"],
            placeholder=visit.say("todo.do.answer_hint"),
            height=80,
        )
        wanted = st.form_submit_button(visit.say("todo.do.preview"), key=f"preview-{case.id}")
    drafts = f"todo.draft.{case.id}"
    if wanted:
        st.session_state[drafts] = (said, answer)
    draft = st.session_state.get(drafts)
    if draft is not None:
        _preview(visit, case, draft=draft, drafts=drafts)
    if case.answer and st.button(visit.say("todo.do.withdraw"), key=f"withdraw-{case.id}"):
        act(visit, case.cafe, lambda store: set_answer(store, case.id, answer="", by=visit.actor), done="todo.do.saved")


def _preview(visit: Visit, case: Case, *, draft: tuple[str, str], drafts: str) -> None:
    try:
        said, answer = plain_text(draft[0], "said"), plain_text(draft[1], "answer")
    except CaseRefused as refused:
        visit.draw(fragments.status(visit.say(f"todo.refused.{refused.code}")))
        return
    if not answer:
        visit.draw(fragments.status(visit.say("todo.refused.note")))
        return
    visit.draw(guest_answer(visit, case, said=said, answer=answer))
    if st.button(visit.say("todo.do.publish"), key=f"publish-{case.id}"):
        del st.session_state[drafts]
        act(
            visit,
            case.cafe,
            lambda store: set_answer(store, case.id, answer=answer, said=said, language=visit.language, by=visit.actor),
            done="todo.do.saved",
        )
