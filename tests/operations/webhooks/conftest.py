"""A home with two hours of feedback, a receiver that remembers, and a clock that a test moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from operations.webhooks.delivering import Deliverer
from operations.webhooks.posting import Answer
from pilot.lake_tables.tables import SCORED_FEEDBACK, TURNS
from pilot.settings import read_settings
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.language.labels import THEMES
from storage.home import Home, open_home
from storage.store.outgoing.webhook_rules import Rule, add_rule
from tests.events import MORNING, Story, raw_events

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 11, 23)
MADE = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
URL = "https://hooks.example/secret-path"


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Hook:
    """A receiver that remembers what was posted to it, and answers as a test wants."""

    answers: list[Answer] = field(default_factory=list)
    always: Answer = Answer("ok", 200)  # noqa: RUF009 - frozen
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    crash: BaseException | None = None

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        self.before()
        self.posts.append((url, dict(headers), body))
        if self.crash is not None:
            raise self.crash
        return self.answers.pop(0) if self.answers else self.always

    @property
    def bodies(self) -> list[dict]:
        return [json.loads(body) for _, _, body in self.posts]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
def home(tmp_path: Path, clock: Clock) -> Iterator[Home]:
    home = open_home(
        read_settings(
            {
                "PILOT_HOME": str(tmp_path / "home"),
                "PILOT_CAFES_FILE": str(ROOT / "cafes.toml"),
                "PILOT_PAGES_URL": "https://pilot.example",
                "PILOT_SECRET_KEY": "k" * 32,
            }
        )
    )
    home.store().now = clock
    yield home
    home.store().close()


@pytest.fixture
def deliverer(home: Home, clock: Clock, hook: Hook) -> Deliverer:
    return Deliverer(home, clock=clock, poster=hook)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Said:
    """A feedback of the lake: what was said, its themes, and its flags."""

    words: str = "Kaffet var kallt och kön lång."
    themes: str = '{"queue": "negative"}'
    flags: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    cafe: str = "aurora"
    simulated: bool = False
    at: datetime = NOON


def write(home: Home, *said: Said) -> list[str]:
    """Write the day; return the sessions in the order given."""
    found, scored, spoken = [], [], []
    for each in said:
        story = Story(each.cafe, at=MORNING, simulated=each.simulated).opens().starts().consents().says(each.words)
        raw = raw_events(story.completes())
        row = scored_feedback(sessions(raw, as_of=NOON), turns(raw), cafes=home.cafes())
        scored.append(
            row.with_columns(
                completed_at=pl.lit(each.at),
                themes=pl.lit(each.themes),
                flags=pl.lit(list(each.flags), dtype=pl.List(pl.String)),
                signals=pl.lit(list(each.signals), dtype=pl.List(pl.String)),
            )
        )
        spoken.append(turns(raw))
        found.append(str(row["session_id"][0]))
    home.lake().replace_partition(SCORED_FEEDBACK, DAY, pl.concat(scored), commit={})
    home.lake().replace_partition(TURNS, DAY, pl.concat(spoken), commit={})
    return found


def rule(home: Home, clock: Clock, **changes: object) -> Rule:
    """Add a rule of Aurora for negative claims about the queue, at six in the morning."""
    values = {
        "cafe": "aurora",
        "name": "Kön",
        "theme": "queue",
        "polarity": "negative",
        "url": URL,
        "by": "anna@example.se",
    }
    now, clock.now = clock.now, MADE
    made = add_rule(home.store(), known_themes=THEMES, **{**values, **changes})  # type: ignore[arg-type]
    clock.now = now
    return made
