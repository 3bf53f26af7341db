"""What a page says before there is anything to show."""

from __future__ import annotations

import streamlit as st

from dashboards import markup
from dashboards.visit import Visit

JOURNEY = "pilot journey {cafe} --language en"
DEMO = "pilot demo"


def nothing_yet(visit: Visit) -> None:
    """Say what will be here, and how to see it happen now."""
    visit.draw(markup.page_head(crumb="", title=visit.say("nothing_yet.title"), fresh=""))
    journey = JOURNEY.format(cafe=visit.cafes[0].id)
    if visit.simulated:
        visit.draw(markup.plain(visit.say("nothing_yet.no_tests")))
        st.code(journey, language=None, wrap_lines=True)
        return
    visit.draw(markup.lead(visit.say("nothing_yet.first")))
    visit.draw(markup.plain(visit.say("nothing_yet.prove")))
    st.code(journey, language=None, wrap_lines=True)
    visit.draw(markup.plain(visit.say("nothing_yet.demo")))
    st.code(DEMO, language=None, wrap_lines=True)
