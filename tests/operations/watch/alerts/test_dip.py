"""A dip is reported once an episode, by café, with counts and a link, and never in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from operations.watch.alerts.dip import RECORDS_NAME, DipRule, DipWatcher, side_of
from pilot.cafes import parse_cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pilot.settings import read_settings
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from storage.errors import LakeUnavailable
from storage.lake import Lake
from tests.events import MORNING, Story, raw_events

CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
BAD = '{"coffee": "negative", "queue": "negative", "service": "positive"}'
GOOD = '{"coffee": "positive"}'
EVEN = '{"coffee": "negative", "service": "positive"}'
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
Sent = tuple[int, str | None]  # Minutes after START, and the themes.


class Day:
    """A café's day in virtual time: its lake, its watcher and its records."""

    def __init__(self, folder: Path, *, simulated: bool = False, rule: DipRule | None = None) -> None:
        self.lake = Lake(str(folder / "lake"))
        self.folder = folder
        self.simulated = simulated
        self.rule = rule or DipRule.of(read_settings({}))
        self.now = START
        self.restart()

    def restart(self) -> None:
        self.watch = DipWatcher(
            self.lake,
            cafes=CAFES,
            rule=self.rule,
            folder=self.folder,
            pages_url="https://x.se/",
            simulated=self.simulated,
            clock=lambda: self.now,
        )

    def write(self, *sent: Sent, cafe: str = "aurora", simulated: bool = False, silent: bool = False) -> None:
        frames = []
        for minute, themes in sent:
            story = Story(cafe, at=MORNING + timedelta(minutes=minute), simulated=simulated).opens().starts()
            raw = raw_events(story.consents().says("Kaffet var kallt och kön lång.").completes())
            frames.append(
                scored_feedback(sessions(raw, as_of=START + timedelta(hours=12)), turns(raw), cafes=CAFES).with_columns(
                    completed_at=pl.lit(START + timedelta(minutes=minute)),
                    themes=pl.lit(themes, dtype=pl.String),
                    turns_scored=pl.lit(0 if silent else 1, dtype=pl.Int64),
                )
            )
        self.lake.replace_partition(SCORED_FEEDBACK, START.date(), pl.concat(frames), commit={})

    def runs(self, *minutes: int) -> list[str]:
        for minute in minutes:
            self.now = START + timedelta(minutes=minute)
            self.watch()
        return [record["state"] for record in self.records()]

    def records(self) -> list[dict]:
        path = self.folder / RECORDS_NAME
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return Day(tmp_path)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([(0, BAD), (1, BAD), (2, GOOD), (3, GOOD)], ["firing"]),
        ([(0, BAD), (1, BAD), (2, BAD)], []),
        ([(0, BAD), (1, GOOD), (2, GOOD), (3, GOOD)], []),
        ([(0, BAD), (1, BAD), (2, GOOD), (3, GOOD), (-1, GOOD)], []),
        ([(0, BAD), (1, BAD), (2, EVEN), (3, None)], ["firing"]),
        ([(0, BAD), (1, EVEN), (2, EVEN), (3, EVEN)], []),
        ([(-57, BAD), (1, BAD), (2, GOOD), (3, GOOD)], []),
        ([(-56, BAD), (1, BAD), (2, GOOD), (3, GOOD)], ["firing"]),
        ([(0, BAD), (1, BAD), (2, BAD), (9, BAD)], []),
    ],
)
def test_half_of_at_least_four_within_the_hour_is_a_dip(day: Day, sent: list[Sent], expected: list[str]) -> None:
    day.write(*sent)
    assert day.runs(3) == expected


def test_a_dip_is_reported_once_until_it_has_been_over_for_an_hour(day: Day) -> None:
    day.write((0, BAD), (1, BAD), (2, GOOD), (3, GOOD))
    assert day.runs(*range(3, 60), 60, 119) == ["firing"]
    assert day.runs(120) == ["firing", "resolved"]
    day.write((0, BAD), (1, BAD), (2, GOOD), (3, GOOD), *((each, BAD) for each in range(130, 134)))
    assert day.runs(121, 133, 134) == ["firing", "resolved", "firing"]


def test_a_dip_that_returns_within_the_hour_is_the_same_episode(day: Day) -> None:
    day.write((0, BAD), (1, BAD), (2, GOOD), (3, GOOD))
    day.runs(3)
    day.write((0, BAD), (1, BAD), (2, GOOD), (3, GOOD), *((each, BAD) for each in range(80, 84)))
    assert day.runs(70, 83, 142, 199) == ["firing"]
    assert day.runs(200) == ["firing", "resolved"]


def test_a_restart_repeats_no_dip_and_resolves_one_that_is_over(day: Day) -> None:
    day.write((0, BAD), (1, BAD), (2, BAD), (3, BAD))
    day.runs(3)
    day.restart()
    assert day.runs(4) == ["firing"]
    day.restart()
    assert day.runs(300) == ["firing", "resolved"]


def test_a_dip_holds_counts_and_a_link_and_no_words(day: Day) -> None:
    day.write((0, BAD), (1, BAD), (2, GOOD), (3, GOOD))
    day.runs(3)
    (record,) = day.records()
    assert (record["name"], record["subject"], record["severity"]) == ("dip", "aurora", "medium")
    assert record["text"].startswith("2 of the 4 answers to Café Aurora since 09:03 are negative.")
    assert record["text"].endswith("https://x.se/?kafe=aurora&dag=2026-11-23")
    assert "kallt" not in json.dumps(record, ensure_ascii=False)


@pytest.mark.parametrize("simulated", [False, True])
def test_simulated_answers_are_a_dip_in_a_demo_only(tmp_path: Path, simulated: bool) -> None:
    day = Day(tmp_path, simulated=simulated)
    day.write((0, BAD), (1, BAD), (2, BAD), (3, BAD), simulated=True)
    assert day.runs(3) == (["firing"] if simulated else [])
    assert all(record["text"].startswith("Simulated: ") for record in day.records())


def test_sessions_without_words_are_no_answers(day: Day) -> None:
    day.write((0, BAD), (1, BAD), (2, BAD), (3, BAD), silent=True)
    assert day.runs(3) == []


def test_the_settings_change_share_count_and_time(tmp_path: Path) -> None:
    rule = DipRule.of(read_settings({"PILOT_DIP_PERCENT": "100", "PILOT_DIP_ANSWERS": "2", "PILOT_DIP_MINUTES": "10"}))
    day = Day(tmp_path, rule=rule)
    day.write((0, GOOD), (5, BAD), (9, BAD))
    assert day.runs(9) == []
    assert day.runs(10) == ["firing"]


def test_a_lake_that_cannot_be_read_ends_no_episode(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    day.write((0, BAD), (1, BAD), (2, BAD), (3, BAD))
    day.runs(3)

    def away(*_: object) -> int:
        raise LakeUnavailable("away", remedy="wait")

    with monkeypatch.context() as patched:
        patched.setattr(day.lake, "version", away)
        assert day.runs(300) == ["firing"]
    assert day.runs(301) == ["firing", "resolved"]


@pytest.mark.parametrize(
    ("themes", "side"), [(BAD, "negative"), (GOOD, "positive"), (EVEN, "mixed"), (None, None), ("{}", None)]
)
def test_the_side_of_a_session_is_its_claims_majority(themes: str | None, side: str | None) -> None:
    assert side_of(themes) == side
