"""The page of alerts and incidents: what is open, what happened, and what to do about each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.choices.url_choice import url_choice
from dashboards.parts.incident_list import incident_list
from dashboards.reading.alert_rows import AlertRow, alert_rows
from dashboards.visit import Visit, current
from operations.system import RUN_FOLDER
from pilot.business_days import business_day
from pilot.formatting import clock_time, number, short_day
from pilot.words import section

EVERY = "alla"
ROWS_SHOWN = 200


def show(visit: Visit) -> None:
    """Draw the page."""
    say = visit.say
    visit.confirm(permission="technical")
    sees_all = visit.principal.cafes is None
    rows = alert_rows(visit.home.root / RUN_FOLDER, cafes=visit.ids, sees_all=sees_all)
    visit.draw(fragments.page_head(crumb=say("alerts.crumb"), title=say("alerts.title"), freshness=""))
    still_open = [one for one in rows if one.state == "open"]
    visit.draw(fragments.lead(_lead(visit, rows, still_open), notes=[say("alerts.what")]))
    incident_list(visit)
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
    visit.draw(fragments.section_head(say("alerts.do_title"), summary=say("alerts.do_what")))
    for name in dict.fromkeys(one.name for one in chosen):
        visit.draw(
            fragments.gap(title=_title(visit, name), cafes=_words(visit, name, "do"), remedy=_words(visit, name, "doc"))
        )


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
            }
            for one in rows[:ROWS_SHOWN]
        ]
    )
    st.dataframe(frame, hide_index=True, width="stretch")


def _when(visit: Visit, one: AlertRow) -> str:
    began = f"{short_day(business_day(one.at), language=visit.language)} {clock_time(one.at)}"
    if one.ended_at is None:
        return began
    ended = f"{short_day(business_day(one.ended_at), language=visit.language)} {clock_time(one.ended_at)}"
    return f"{began} – {ended}"


def _title(visit: Visit, name: str) -> str:
    return section("dashboards", visit.language).get(f"alert.{name}.title", name)


def _words(visit: Visit, name: str, part: str) -> str:
    """Return the words of a kind of alert; of an unknown kind, those of any alert."""
    words = section("dashboards", visit.language)
    return words.get(f"alert.{name}.{part}", words[f"alert.unknown.{part}"])


show(current())
