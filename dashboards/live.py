"""Redraws an open page when a rebuild has changed the figures."""

from __future__ import annotations

import streamlit as st

from dashboards.charts.chart_colours import theme
from dashboards.signed_in import AccessChanged
from dashboards.visit import Visit
from pilot.lake_tables.tables import PILOT_KPIS

POLL_SECONDS = 15


def version(visit: Visit) -> int | None:
    """Return the version of the last table that a rebuild writes."""
    return visit.lake().version(PILOT_KPIS)


@st.fragment(run_every=POLL_SECONDS)
def keep_live(visit: Visit, *, drawn: int | None, drawn_theme: str) -> None:
    """Draw the page again if the table, the reader's theme or the access changed; Streamlit polls it."""
    try:
        is_current = version(visit) == drawn and theme() == drawn_theme
    except AccessChanged:
        is_current = False
    if not is_current:
        st.rerun()
