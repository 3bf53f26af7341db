"""The actions on an alert: acknowledge it, judge it, silence its kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from dashboards import fragments
from dashboards.actions.confirmed_action import DONE, refusal
from dashboards.reading.alert_rows import AlertRow
from dashboards.signed_in import AccessChanged
from dashboards.visit import Visit
from operations.alerting.acknowledging import acknowledge
from pilot.access import Permission
from pilot.composed import composed
from pilot.errors import PilotError
from storage.errors import StoreReadOnly
from storage.store.alerts import silences
from storage.store.alerts.episodes import Verdict
from storage.store.engine import Store

CHANGE: Permission = "alerts.change"
MOST_NOTE = 200
HOURS = (1, 2, 4, 8, 24)
BY_PAGE = "page"


def alert_actions(visit: Visit, row: AlertRow) -> None:
    """Draw what the reader may do about an alert; nothing for a reader who may not.

    An alert about no café concerns every café, so only a reader of every café may act on it.
    """
    if not visit.principal.may(CHANGE) or (not row.cafe and visit.principal.cafes is not None):
        return
    _acknowledgement(visit, row)
    _silence(visit, row)


def end_silence(visit: Visit, silence: silences.Silence) -> None:
    """Draw the button that ends a silence."""
    if not visit.principal.may(CHANGE):
        return
    if st.button(visit.say("alerts.silence.end", number=silence.id), key=f"unsilence-{silence.id}"):
        _act(
            visit,
            silence.cafe,
            lambda store: silences.end(store, silence.id, actor=visit.actor, reason=BY_PAGE),
            done=visit.say("alerts.silence.ended", number=silence.id),
        )


def _acknowledgement(visit: Visit, row: AlertRow) -> None:
    say = visit.say
    verdicts: dict[Verdict, str] = {each: say(f"alerts.verdicts.{each or 'none'}") for each in ("", "true", "false")}
    with st.form(f"ack-{row.id}", border=True):
        note = st.text_input(say("alerts.ack.note"), max_chars=MOST_NOTE, key=f"ack-note-{row.id}", width=420)
        verdict = st.radio(
            say("alerts.ack.verdict"),
            list(verdicts),
            format_func=verdicts.__getitem__,
            horizontal=True,
            key=f"ack-verdict-{row.id}",
        )
        name = say("alerts.ack.button" if row.state == "open" else "alerts.ack.judge")
        sent = st.form_submit_button(name, key=f"ack-send-{row.id}")
    if not sent:
        return
    if row.state != "open" and not verdict:
        visit.draw(fragments.status(say("alerts.ack.no_verdict")))
        return
    reason = composed(note).strip() or BY_PAGE
    _act(
        visit,
        row.cafe,
        lambda store: acknowledge(
            store, row.id, actor=visit.actor, reason=reason, verdict=verdict or "", now=visit.now
        ),
        done=say("alerts.ack.done" if row.state == "open" else "alerts.ack.judged"),
    )


def _silence(visit: Visit, row: AlertRow) -> None:
    say = visit.say
    with st.expander(say("alerts.silence.title"), key=f"silence-{row.id}"), st.form(f"silent-{row.id}", border=False):
        visit.draw(fragments.paragraph(say("alerts.silence.what")))
        hours = st.selectbox(
            say("alerts.silence.hours"), HOURS, format_func=lambda each: f"{each} h", key=f"hours-{row.id}", width=160
        )
        reason = st.text_input(say("cafes.reason"), max_chars=MOST_NOTE, key=f"silent-reason-{row.id}", width=420)
        sent = st.form_submit_button(say("alerts.silence.button"), key=f"silent-send-{row.id}")
    if not sent:
        return
    given = composed(reason).strip()
    if not given:
        visit.draw(fragments.status(say("cafes.no_reason")))
        return
    _act(
        visit,
        row.cafe,
        lambda store: silences.add(
            store,
            name=row.name,
            subject=silences.literal(row.subject),
            cafe=row.cafe,
            reason=given,
            actor=visit.actor,
            until=store.now() + timedelta(hours=int(hours)),
        ),
        done=say("alerts.silence.done", hours=hours),
    )


def _act(visit: Visit, cafe: str, do: Callable[[Store], object], *, done: str) -> None:
    """Run an action on the store that the reader may change, and draw the page anew with its result."""
    try:
        do(visit.store(cafe=cafe or None, permission=CHANGE))
    except (AccessChanged, StoreReadOnly):
        raise
    except PilotError as refused:  # Its text is in English and names commands.
        visit.draw(fragments.status(refusal(visit, refused)))
        return
    st.session_state[DONE] = done
    st.rerun()
