"""The part that lists incidents, the data-protection clock and what is left to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.reading.incident_rows import incident_rows
from dashboards.visit import Visit
from pilot.business_days import business_day
from pilot.formatting import clock_time, short_day
from storage.store.incidents.actions import Action
from storage.store.incidents.incidents import Incident


def incident_list(visit: Visit) -> None:
    """Draw the incidents of the reader's cafés; nothing if there is none."""
    store, say = visit.store(permission="technical"), visit.say
    listed = incident_rows(store, cafes=visit.ids, sees_all=visit.principal.cafes is None)
    found = listed.incidents
    if not found:
        return
    still = [each for each in found if each.closed_at is None]
    summary = say("incidents.open", count=len(still)) if still else say("incidents.none_open")
    visit.draw(fragments.section_head(say("incidents.title"), summary=summary))
    for each in still:
        if each.authority_deadline is not None:
            explanation = say("incidents.clock_why", id=each.id, when=_moment(visit, each.authority_deadline))
            visit.draw(fragments.band(title=say("incidents.clock"), explanation=explanation))
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    every = {cafe.id for cafe in visit.home.cafes().cafe}
    rows = [
        {
            say("incidents.number"): each.id,
            say("alerts.state"): say("incidents.states.closed" if each.closed_at else "incidents.states.open"),
            say("alerts.when"): _period(visit, each),
            say("incidents.kind"): visit.name_of("incidents.kinds", each.kind),
            say("alerts.severity"): visit.name_of("incidents.severities", str(each.severity)),
            say("incidents.what"): each.title,
            say("controls.cafe"): say("pilot.all_cafes")
            if set(each.cafes) >= every
            else ", ".join(names[cafe] for cafe in each.cafes if cafe in names),
        }
        for each in found
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    _left_to_do(visit, listed.left)


def _left_to_do(visit: Visit, left: Sequence[Action]) -> None:
    say = visit.say
    if not left:
        return
    visit.draw(fragments.section_head(say("incidents.actions"), summary=""))
    rows = [
        {
            say("incidents.action"): one.what,
            say("incidents.owner"): one.owner,
            say("incidents.due"): short_day(one.due, language=visit.language)
            + (f", {say('incidents.late')}" if one.is_late(visit.today) else ""),
            say("incidents.number"): one.incident_id,
        }
        for one in left
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _period(visit: Visit, incident: Incident) -> str:
    began = _moment(visit, incident.detected_at)
    return began if incident.closed_at is None else f"{began} – {_moment(visit, incident.closed_at)}"


def _moment(visit: Visit, at: datetime) -> str:
    return f"{short_day(business_day(at), language=visit.language)} {clock_time(at)}"
