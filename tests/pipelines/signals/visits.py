"""Stories become the frames that the signals look at."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl

from pilot.business_days import session_day
from pilot.cafes import parse_cafes
from pilot.events import Client, PageOpened, SessionStarted
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.scoring import score
from pipelines.signals.fingerprints import fingerprints
from pipelines.signals.session_signals import session_signals
from pipelines.signals.velocity import HISTORY_COLUMNS
from tests.events import MORNING, Story, raw_events

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
KEY = b"a key of the tests, of no home"
DAY = MORNING.date()
SESSIONS = Path(__file__).parents[3] / "pipelines" / "language" / "corpus" / "sessions"


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


def signals_of(*stories: Story, day: date = DAY, as_of: datetime = MORNING + timedelta(days=30)) -> pl.DataFrame:
    """Return the signals of `day`, as known at `as_of`; stories of other days are what it looks back on."""
    raw = raw_events(*stories).with_columns(day=pl.col("session_id").map_elements(session_day, return_dtype=pl.Date))
    visits, said = sessions(raw, as_of=as_of), turns(raw)
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


@cache
def answers() -> tuple[str, ...]:
    """Return answers of different honest authors, each of which earns a reward."""
    rows = [json.loads(line) for file in sorted(SESSIONS.glob("w*.jsonl")) for line in file.read_text().splitlines()]
    honest = (row for row in rows if row["eligible"] and row["kind"] == "genuine" and row["language"] == "sv")
    texts = (" ".join(row["turns"]) for row in honest)
    return tuple(text for text in texts if score([text], language="sv", cafe=CAFES.get("aurora")).eligible)


def typed_visit(
    text: str,
    *,
    at: datetime,
    network: str = "wifi",
    device: str = "",
    characters_per_second: float = 6.0,
    cafe: str = "aurora",
    simulated: bool = False,
    edits: str | None = None,
) -> Story:
    """A completed visit from a network, typed at a speed from the press of start to the press of send."""
    story = Story(cafe, at=at.astimezone(UTC), simulated=simulated, mode="text")
    client, device = Client(browser="Safari", os="iOS", os_major="26"), device or story.session_id
    story.records(PageOpened(code="BCD234", language="sv", device_hash=device))
    story.now = at
    story.records(SessionStarted(mode="text", language="sv", client=client, device_hash=device, network_hash=network))
    story.now = at
    story.consents()
    story.now = at + timedelta(seconds=len(edits or text) / characters_per_second)
    sent = story.now
    story.says(text, answered=False)
    if edits is not None:
        story.now = sent
        story.edits(1, edits)
    story.now = sent
    return story.completes()
