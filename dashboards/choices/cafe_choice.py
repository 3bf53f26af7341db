"""The choice of one of the reader's cafés, part of the page's address."""

from __future__ import annotations

from dashboards.choices.url_choice import url_choice
from dashboards.visit import Visit
from pilot.cafes import Cafe


def choose_cafe(visit: Visit) -> Cafe:
    """Return the chosen café; the first one by default."""
    cafes = {cafe.id: cafe for cafe in visit.cafes}
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    return cafes[url_choice(visit.say("controls.cafe"), names, default=visit.cafes[0].id, name="kafe", width=240)]
