"""An action that changes something: with its effect, a reason, a confirmation and an audit entry."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
import structlog

from dashboards import fragments
from dashboards.signed_in import AccessChanged
from dashboards.visit import Visit
from pilot.access import Permission
from pilot.composed import composed
from pilot.errors import PilotError
from storage.errors import StoreReadOnly

log = structlog.get_logger()

MOST_REASON_CHARACTERS = 200
DONE = "cafes.done"  # the last action's result, shown once above the page


def confirmed_action(
    visit: Visit,
    *,
    cafe: str | None,
    key: str,
    name: str,
    effect: str,
    do: Callable[[str], str],
    permission: Permission = "cafes",
) -> None:
    """Draw the form of an action within the caller's container.

    Args:
        visit: The visit.
        cafe: The café that it changes; None for none in particular.
        key: The form's key.
        name: The button's words.
        effect: What happens, in words.
        do: Does it, given the reason; returns the result in words. It opens the store with the permission.
        permission: The permission that it needs.
    """
    say = visit.say
    with st.form(key, border=True):
        visit.draw(fragments.paragraph(effect))
        reason = st.text_input(say("cafes.reason"), max_chars=MOST_REASON_CHARACTERS, key=f"{key}-reason", width=420)
        sure = st.checkbox(say("cafes.sure", action=name.lower()), key=f"{key}-sure")
        sent = st.form_submit_button(name, key=f"{key}-send")
    if not sent:
        return
    given = composed(reason).strip()
    if not given:
        visit.draw(fragments.status(say("cafes.no_reason")))
    elif not sure:
        visit.draw(fragments.status(say("cafes.not_sure")))
    else:
        visit.confirm(cafe=cafe, permission=permission)
        try:
            st.session_state[DONE] = do(given)
        except (AccessChanged, StoreReadOnly):
            raise
        except PilotError as refused:  # Its text is in English and names commands.
            log.warning("action refused", action=key, kind=type(refused).__name__)
            visit.draw(fragments.status(refusal(visit, refused)))
            return
        st.rerun()


def refusal(visit: Visit, refused: PilotError) -> str:
    """Return why an action was refused, in the reader's words."""
    known = type(refused).__name__
    words = visit.name_of("action.refused", known)
    return visit.say("action.refused.other") if words == known else words


def draw_result(visit: Visit) -> None:
    """Draw the result of the action before this render, once."""
    if done := st.session_state.pop(DONE, ""):
        visit.draw(fragments.status(str(done)))
