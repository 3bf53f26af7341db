"""The page of alerts and incidents: what is open, what happened, and what to do about each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.actions.alert_actions import alert_actions, end_silence
from dashboards.actions.confirmed_action import draw_result
from dashboards.choices.url_choice import url_choice
from dashboards.parts.alert_details import alert_details, kind_table, moment
from dashboards.parts.incident_list import incident_list
from dashboards.reading.alert_rows import AlertRow, active_silences, alert_kinds, alert_rows
from dashboards.visit import Visit, current
from pilot.formatting import number
from pilot.words import section

EVERY = "alla"
ROWS_SHOWN = 200


def show(visit: Visit) -> None:
    """Draw the page."""
    say = visit.say
    store = visit.store(permission="technical")
    sees_all = visit.principal.cafes is None
    rows = alert_rows(store, cafes=visit.ids, sees_all=sees_all)
    visit.draw(fragments.page_head(crumb=say("alerts.crumb"), title=say("alerts.title"), freshness=""))
    draw_result(visit)
    still_open = [one for one in rows if one.state in ("open", "acknowledged")]
    visit.draw(fragments.lead(_lead(visit, rows, still_open), notes=[say("alerts.what")]))
    incident_list(visit)
    _silences(visit, sees_all=sees_all)
    if not rows:
        return
    with st.container(horizontal=True, key="controls"):
        kinds = {EVERY: say("alerts.every")}
        kinds |= {name: _title(visit, name) for name in sorted({one.name for one in rows})}
        kind = url_choice(say("alerts.kind"), kinds, default=EVERY, name="larm", width=300)
        cafes = {EVERY: say("pilot.all_cafes")} | {cafe.id: cafe.name for cafe in visit.cafes}
        cafe = url_choice(say("controls.cafe"), cafes, default=EVERY, name="larmkafe", width=240)
    chosen = [one for one in rows if kind in (EVERY, one.name) and cafe in (EVERY, one.cafe)]
    _table(visit, chosen)
    _one(visit, chosen)
    kind_table(visit, alert_kinds(chosen), titles=kinds)
    visit.draw(fragments.section_head(say("alerts.do_title"), summary=say("alerts.do_what")))
    for name in dict.fromkeys(one.name for one in chosen):
        visit.draw(
            fragments.gap(title=_title(visit, name), cafes=_words(visit, name, "do"), remedy=_words(visit, name, "doc"))
        )


def _one(visit: Visit, chosen: Sequence[AlertRow]) -> None:
    """Draw the chosen alert with its messages and actions: at first the one that matters most."""
    if not chosen:
        return
    shown = {one.id: one for one in chosen[:ROWS_SHOWN]}
    options = {one.id: f"{_title(visit, one.name)} · {one.subject} · {moment(visit, one.at)}" for one in shown.values()}
    given = url_choice(visit.say("alerts.one"), options, default=next(iter(options)), name="ett", width=620)
    row = shown[given]
    alert_details(visit, visit.store(permission="technical"), row, title=_title(visit, row.name))
    alert_actions(visit, row)


def _silences(visit: Visit, *, sees_all: bool) -> None:
    store = visit.store(permission="technical")
    for one in active_silences(store, at=visit.now, cafes=visit.ids, sees_all=sees_all):
        names = {cafe.id: cafe.name for cafe in visit.cafes}
        matched = " · ".join(filter(None, (_title(visit, one.name), one.subject, names.get(one.cafe, one.cafe))))
        title = visit.say("alerts.silence.band", what=matched, until=moment(visit, one.until))
        visit.draw(fragments.band(title=title, explanation=f"{one.reason} ({one.actor})"))
        end_silence(visit, one)


def _lead(visit: Visit, rows: Sequence[AlertRow], still_open: Sequence[AlertRow]) -> str:
    if not rows:
        return visit.say("alerts.none")
    if not still_open:
        return visit.say("alerts.none_open")
    key = "alerts.open_one" if len(still_open) == 1 else "alerts.open"
    return visit.say(key, count=number(len(still_open), language=visit.language))


def _table(visit: Visit, rows: Sequence[AlertRow]) -> None:
    say, names = visit.say, {cafe.id: cafe.name for cafe in visit.cafes}
    if len(rows) > ROWS_SHOWN:
        count = number(len(rows), language=visit.language)
        visit.draw(fragments.paragraph(say("quality.apart.first", shown=ROWS_SHOWN, count=count)))
    if not rows:
        visit.draw(fragments.paragraph(say("alerts.no_match")))
        return
    frame = pd.DataFrame(
        [
            {
                say("alerts.state"): say(f"alerts.states.{one.state}"),
                say("alerts.when"): _when(visit, one),
                say("alerts.kind"): _title(visit, one.name),
                say("alerts.severity"): visit.name_of("alerts.severities", one.severity),
                say("controls.cafe"): names.get(one.cafe, "–"),
                say("alerts.subject"): one.subject,
                say("alerts.acknowledged"): one.acknowledged_by or "–",
                say("alerts.sent"): _sent(visit, one),
            }
            for one in rows[:ROWS_SHOWN]
        ]
    )
    st.dataframe(frame, hide_index=True, width="stretch")


def _when(visit: Visit, one: AlertRow) -> str:
    began = moment(visit, one.at)
    return began if one.ended_at is None else f"{began} – {moment(visit, one.ended_at)}"


def _sent(visit: Visit, one: AlertRow) -> str:
    delivered = number(one.delivered, language=visit.language)
    if not one.undelivered:
        return delivered
    return visit.say("alerts.sent_some", sent=delivered, failed=number(one.undelivered, language=visit.language))


def _title(visit: Visit, name: str) -> str:
    return section("dashboards", visit.language).get(f"alert.{name}.title", name)


def _words(visit: Visit, name: str, part: str) -> str:
    """Return the words of a kind of alert; of an unknown kind, those of any alert."""
    words = section("dashboards", visit.language)
    return words.get(f"alert.{name}.{part}", words[f"alert.unknown.{part}"])


show(current())
