"""The page of a home without sessions."""

from __future__ import annotations

import streamlit as st

from dashboards import fragments
from dashboards.visit import Visit

JOURNEY = "pilot journey {cafe} --language en"
DEMO = "pilot demo"


def draw_empty_state(visit: Visit, *, commands: bool = False) -> None:
    """Draw an explanation of the page; for the team, with the commands that produce sessions."""
    visit.draw(fragments.page_head(crumb="", title=visit.say("nothing_yet.title"), freshness=""))
    journey = JOURNEY.format(cafe=visit.cafes[0].id)
    if visit.simulated:
        visit.draw(fragments.paragraph(visit.say("nothing_yet.no_tests")))
        if commands:
            visit.draw(fragments.paragraph(visit.say("nothing_yet.no_tests_do")))
            st.code(journey, language=None, wrap_lines=True)
        return
    visit.draw(fragments.lead(visit.say("nothing_yet.first")))
    if not commands:
        return
    visit.draw(fragments.paragraph(visit.say("nothing_yet.prove")))
    st.code(journey, language=None, wrap_lines=True)
    visit.draw(fragments.paragraph(visit.say("nothing_yet.demo")))
    st.code(DEMO, language=None, wrap_lines=True)
