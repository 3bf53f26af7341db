"""One alert in full: its messages by channel, and what may be done about it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.reading.alert_rows import AlertKindRow, AlertRow, alert_messages
from dashboards.visit import Visit
from pilot.business_days import business_day
from pilot.formatting import clock_time, number, short_day
from storage.store.alerts.deliveries import Delivery
from storage.store.engine import Store


def moment(visit: Visit, at: object) -> str:
    """Return a moment as the pages write it; a dash for none."""
    from datetime import datetime

    if not isinstance(at, datetime):
        return "–"
    return f"{short_day(business_day(at), language=visit.language)} {clock_time(at)}"


def alert_details(visit: Visit, store: Store, row: AlertRow, *, title: str) -> None:
    """Draw an alert's state, its messages, and how to acknowledge it in a terminal."""
    say = visit.say
    visit.draw(fragments.section_head(title, summary=f"{row.subject} · {moment(visit, row.at)}"))
    by = row.acknowledged_by
    words = say("alerts.by", who=by, when=moment(visit, row.acknowledged_at)) if by else say("alerts.by_nobody")
    level = say("alerts.level", level=row.level) if row.level else say("alerts.level_none")
    flaps = f" {say('alerts.flaps', count=number(row.flaps, language=visit.language))}" if row.flaps else ""
    visit.draw(fragments.paragraph(f"{words} {level}{flaps} {say('alerts.command', id=row.id[:8])}"))
    found = alert_messages(store, row.id)
    if found:
        st.dataframe(_messages(visit, found), hide_index=True, width="stretch", key=f"messages-{row.id}")


def kind_table(visit: Visit, rows: Sequence[AlertKindRow], *, titles: dict[str, str]) -> None:
    """Draw how often each kind fired, and how often it was right to."""
    say = visit.say
    visit.draw(fragments.section_head(say("alerts.precision.title"), summary=say("alerts.precision.what")))
    frame = pd.DataFrame(
        [
            {
                say("alerts.kind"): titles.get(one.name, one.name),
                say("alerts.precision.fired"): one.fired,
                say("alerts.verdicts.true"): one.judged_true,
                say("alerts.verdicts.false"): one.judged_false,
                say("alerts.verdicts.none"): one.unjudged,
            }
            for one in rows
        ]
    )
    st.dataframe(frame, hide_index=True, width="stretch", key="alert-kinds")


def _messages(visit: Visit, found: Sequence[Delivery]) -> pd.DataFrame:
    say = visit.say
    return pd.DataFrame(
        [
            {
                say("alerts.when"): moment(visit, one.ended_at or one.created_at),
                say("alerts.message"): visit.name_of("alerts.messages", one.kind),
                say("alerts.channel"): visit.name_of("alerts.channels", one.channel),
                say("alerts.to"): visit.name_of("alerts.people", one.recipient or "team"),
                say("alerts.state"): _outcome(visit, one),
            }
            for one in found
        ]
    )


def _outcome(visit: Visit, one: Delivery) -> str:
    words = visit.name_of("alerts.outcomes", one.state)
    if not one.reason:
        return words
    code = f" {one.code}" if one.code else ""
    return f"{words}: {visit.name_of('alerts.reasons', one.reason)}{code}"
