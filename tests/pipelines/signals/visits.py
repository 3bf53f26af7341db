"""Stories become the frames that the signals look at."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from pilot.business_days import session_day
from pilot.cafes import parse_cafes
from pilot.events import PageOpened
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.signals.fingerprints import fingerprints
from pipelines.signals.session_signals import session_signals
from pipelines.signals.velocity import HISTORY_COLUMNS
from tests.events import MORNING, Story, raw_events

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
KEY = b"a key of the tests, of no home"
DAY = MORNING.date()


def visit(
    *said: str,
    at: datetime = MORNING,
    cafe: str = "aurora",
    device: str = "",
    code: str = "BCD234",
    simulated: bool = False,
) -> Story:
    """A completed visit; every guest has a telephone of their own unless `device` names one."""
    story = Story(cafe, at=at.astimezone(UTC), simulated=simulated)
    story.records(PageOpened(code=code, language="sv", device_hash=device or story.session_id)).consents()
    for text in said:
        story.says(text)
    return story.completes()


def signals_of(*stories: Story, day: date = DAY) -> pl.DataFrame:
    """Return the signals of `day`; stories of other days are what it looks back on."""
    raw = raw_events(*stories).with_columns(day=pl.col("session_id").map_elements(session_day, return_dtype=pl.Date))
    visits, said = sessions(raw, as_of=MORNING + timedelta(days=30)), turns(raw)
    prints = fingerprints(visits, said, key=KEY)
    today, before = pl.col("day") == day, pl.col("day") < day
    return session_signals(
        day,
        sessions=visits.filter(today),
        turns=said.filter(today),
        history=visits.filter(before).select(HISTORY_COLUMNS),
        fingerprints=prints.filter(today),
        earlier_fingerprints=prints.filter(before),
        scored=scored_feedback(visits.filter(today), said.filter(today), cafes=CAFES),
        cafes=CAFES,
    )


def named(frame: pl.DataFrame, story: Story) -> set[str]:
    """Return the signals of one story."""
    return set(frame.filter(pl.col("session_id") == story.session_id)["signal"])
