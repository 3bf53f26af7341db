"""The actions on a café's codes: add a place, replace a code, retire one."""

from __future__ import annotations

import streamlit as st

from dashboards import fragments
from dashboards.actions.confirmed_action import DONE, confirmed_action
from dashboards.visit import Visit
from dashboards.words.code_words import SECTION, place_name
from pilot.access import Permission
from pilot.cafes import Cafe
from storage.errors import StoreAway, UnknownCode
from storage.store.cafes import codes
from storage.store.cafes.codes import MOST_ACTIVE, MOST_LABEL_CHARACTERS, Code, CodeRefused

CHANGE: Permission = "cafe.change"
LIMITS = {"label": MOST_LABEL_CHARACTERS, "too_many": MOST_ACTIVE}


def retire_code(visit: Visit, cafe: Cafe, code: str, *, key: str, permission: Permission = CHANGE) -> None:
    """Draw the form that retires a code for good.

    Args:
        visit: The visit.
        cafe: Its café.
        code: The code.
        key: The form's key.
        permission: The permission that it needs on this page.
    """

    def do(reason: str) -> str:
        codes.retire(visit.store(cafe=cafe.id, permission=permission), code, actor=visit.actor, reason=reason)
        return visit.say("cafes.retire.done", code=code)

    name, effect = visit.say("cafes.retire.button"), visit.say("cafes.retire.effect", code=code)
    confirmed_action(visit, cafe=cafe.id, key=key, name=name, effect=effect, do=do, permission=permission)


def replace_code(visit: Visit, cafe: Cafe, code: Code) -> None:
    """Draw the form that gives a place a new code."""
    say = visit.sayer(SECTION)

    def do(reason: str) -> str:
        store = visit.store(cafe=cafe.id, permission=CHANGE)
        try:
            new = codes.replace(store, code.code, cafe=cafe.id, actor=visit.actor, reason=reason)
        except UnknownCode:
            return say("refused.not_active")
        return say("replace.done", place=place_name(visit, new.label), code=new.code)

    effect = say("replace.effect", code=code.code)
    confirmed_action(
        visit,
        cafe=cafe.id,
        key=f"replace-{code.code}",
        name=say("replace.button"),
        effect=effect,
        do=do,
        permission=CHANGE,
    )


def add_code(visit: Visit, cafe: Cafe) -> None:
    """Draw the form that adds a place with its code."""
    say = visit.sayer(SECTION)
    visit.draw(fragments.section_head(say("add.title"), summary=say("add.what")))
    with st.form(f"add-{cafe.id}", border=False, enter_to_submit=True):
        label = st.text_input(say("add.label"), max_chars=MOST_LABEL_CHARACTERS, key=f"place-{cafe.id}", width=360)
        sent = st.form_submit_button(say("add.button"), key=f"add-send-{cafe.id}")
    if not sent:
        return
    try:
        store = visit.store(cafe=cafe.id, permission=CHANGE)
        new = codes.add(store, cafe=cafe.id, label=label, actor=visit.actor)
    except CodeRefused as refused:
        visit.draw(fragments.status(say(f"refused.{refused.code}", most=LIMITS[refused.code])))
        return
    except StoreAway:
        visit.draw(fragments.status(say("away")))
        return
    st.session_state[DONE] = say("add.done", place=place_name(visit, new.label), code=new.code)
    st.rerun()
