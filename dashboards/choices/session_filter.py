"""The filter of the list of sessions in the page's address: its names, and a link to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from dashboards.choices.period_choice import FROM, TO
from dashboards.reading.session_list import CONDITIONS, THEME_POLARITIES, SessionFilter
from dashboards.visit import Visit
from pipelines.language.labels import THEMES

PAGE = "samtal"
EVERY_CAFE = "alla"
CAFE, PERIOD, OWN = "kafe", "period", "egen"
HOURS = tuple(str(hour) for hour in range(24))
# A filter's name in the address, and its values.
NAMES = {
    "step": "steg",
    "hour": "timme",
    "mode": "satt",
    "satisfaction": "nojdhet",
    "theme": "tema",
    "polarity": "omdome",
    "daypart": "del",
    "scored": "bedomda",
    "useful": "anvandbara",
    "reward": "beloning",
    "band": "poang",
    "measure": "matt",
}
VALUES: dict[str, tuple[str, ...]] = {name: tuple(values) for name, values in CONDITIONS.items()}
VALUES |= {"hour": HOURS, "theme": tuple(THEMES), "polarity": THEME_POLARITIES}


def read_filter(address: Mapping[str, str]) -> SessionFilter:
    """Return the filter of an address; unknown values are left out."""
    given = {name: address.get(word, "") for name, word in NAMES.items()}
    return SessionFilter(**{name: value for name, value in given.items() if value in VALUES[name]})


def list_address(visit: Visit, *, cafes: tuple[str, ...], first: date, last: date, wanted: SessionFilter) -> str:
    """Return the address of a list of sessions.

    Args:
        visit: The visit.
        cafes: The cafés; one, or all that the reader may see.
        first: The first day.
        last: The last day.
        wanted: The filter.
    """
    parts = {CAFE: cafes[0] if len(cafes) == 1 else EVERY_CAFE, PERIOD: OWN}
    parts |= {FROM: first.isoformat(), TO: last.isoformat()}
    parts |= {word: value for name, word in NAMES.items() if (value := getattr(wanted, name))}
    if visit.language != "sv":
        parts["lang"] = visit.language
    if visit.tests:
        parts["tests"] = "1"
    return f"/{PAGE}?{urlencode(parts)}"
