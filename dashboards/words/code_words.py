"""A café's codes in words: their places, and what happened to them."""

from __future__ import annotations

from dashboards.visit import Visit
from pilot.business_days import business_day
from pilot.formatting import clock_time, short_day
from pilot.words import section
from storage.store.cafes.codes import ISSUE, Code, CodeEvent

SECTION = "qr"


def place_name(visit: Visit, label: str) -> str:
    """Return a place's name with a capital; a seeded one in the reader's language."""
    words = section(SECTION, visit.language).get(f"place.{label}", label)
    return words[:1].upper() + words[1:]


def event_row(visit: Visit, event: CodeEvent, known: dict[str, Code]) -> dict[str, str]:
    """Return one change of a code as a table's row."""
    say = visit.sayer(SECTION)
    if event.action == ISSUE:
        key = "replaces" if event.other else "issued"
    else:
        key = "replaced" if event.other else "retired"
    day = short_day(business_day(event.at), language=visit.language)
    return {
        say("history.when"): f"{day} {clock_time(event.at)}",
        say("history.code"): event.code,
        say("history.place"): place_name(visit, known[event.code].label),
        say("history.change"): say(f"history.{key}", other=event.other),
        say("history.by"): event.actor,
        say("history.reason"): event.reason,
    }
