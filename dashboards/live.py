"""Redraws an open page when a rebuild has changed the figures."""

from __future__ import annotations

import streamlit as st

from dashboards.visit import Visit
from pilot.lake_tables.tables import PILOT_KPIS

POLL_SECONDS = 15


def version(visit: Visit) -> int | None:
    """Return the version of the last table that a rebuild writes."""
    return visit.home.lake().version(PILOT_KPIS)


@st.fragment(run_every=POLL_SECONDS)
def keep_live(visit: Visit, *, drawn: int | None) -> None:
    """Draw the page again if the table's version differs from `drawn`; Streamlit polls it."""
    if version(visit) != drawn:
        st.rerun()
