"""A day of visits of every kind, and the moments of its runs."""

from __future__ import annotations

from datetime import date, timedelta

from tests.events import MORNING, Story, whole_visit

DAY = date(2026, 11, 23)
NOON = {"pilot/as_of": "2026-11-23T12:00:00Z"}
WEEKS_LATER = {"pilot/as_of": "2026-12-20T12:00:00Z"}


def a_day() -> list[Story]:
    return [
        whole_visit(),
        whole_visit("malmohuset", at=MORNING + timedelta(minutes=3)),
        Story(at=MORNING + timedelta(minutes=5)).opens(),
        Story(at=MORNING + timedelta(minutes=6)).opens().starts().consents(granted=False).leaves("declined"),
        Story(at=MORNING + timedelta(minutes=7)).opens().starts().consents().microphone().says("Kön var lång."),
        whole_visit(at=MORNING + timedelta(minutes=9), simulated=True),
    ]
