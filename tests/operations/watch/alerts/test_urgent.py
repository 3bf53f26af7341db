"""Urgent feedback is reported once, as a link, never in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from operations.watch.alerts.urgent import RECORDS_NAME, UrgentWatcher
from pilot.business_days import business_day
from pilot.cafes import parse_cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from storage.lake import Lake
from tests.events import MORNING, Story, raw_events, whole_visit

CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
ALLERGY = "Jag fick en allergisk reaktion av kakan, det stod inget om nötter på skylten."


def scored(*stories: Story) -> pl.DataFrame:
    raw = raw_events(*stories)
    return scored_feedback(sessions(raw, as_of=NOON), turns(raw), cafes=CAFES)


def urgent_story(*, at: datetime = MORNING, simulated: bool = False) -> Story:
    return Story("goteborg", at=at, simulated=simulated).opens().starts().consents().says(ALLERGY).completes()


def watcher(lake: Lake, folder: Path, *, now: datetime = NOON, simulated: bool = False) -> UrgentWatcher:
    return UrgentWatcher(lake, folder=folder, pages_url="https://x.se/", simulated=simulated, clock=lambda: now)


def write(lake: Lake, frame: pl.DataFrame) -> None:
    lake.replace_partition(SCORED_FEEDBACK, MORNING.date(), frame, commit={})


def reported(folder: Path) -> list[dict]:
    path = folder / RECORDS_NAME
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_urgent_feedback_is_reported_once_with_a_link_and_without_words(lake: Lake, tmp_path: Path) -> None:
    story = urgent_story()
    write(lake, scored(story, whole_visit()))
    running = watcher(lake, tmp_path)
    running()
    running()
    write(lake, scored(story, whole_visit(at=MORNING + timedelta(minutes=3))))
    running()
    (record,) = reported(tmp_path)
    assert (record["cafe"], record["kinds"], record["session_id"]) == ("goteborg", ["allergy"], story.session_id)
    assert record["reported_at"] == NOON.isoformat()
    assert record["link"] == f"https://x.se/?kafe=goteborg&dag=2026-11-23#svar-{story.session_id}"
    assert "nötter" not in json.dumps(record, ensure_ascii=False)


def test_a_restart_and_a_half_written_line_repeat_no_report(lake: Lake, tmp_path: Path) -> None:
    write(lake, scored(urgent_story()))
    watcher(lake, tmp_path)()
    with (tmp_path / RECORDS_NAME).open("a") as records:
        records.write('{"session_id": "019')
    watcher(lake, tmp_path)()
    assert len((tmp_path / RECORDS_NAME).read_text().splitlines()) == 2


def test_a_record_in_the_older_format_prevents_a_second_report(lake: Lake, tmp_path: Path) -> None:
    story = urgent_story()
    write(lake, scored(story))
    (tmp_path / RECORDS_NAME).write_text(
        json.dumps({"session_id": story.session_id, "told_at": NOON.isoformat()}) + "\n"
    )
    watcher(lake, tmp_path)()
    assert [each["session_id"] for each in reported(tmp_path)] == [story.session_id]


def test_simulated_feedback_is_reported_in_a_demo_only(lake: Lake, tmp_path: Path) -> None:
    write(lake, scored(urgent_story(simulated=True)))
    watcher(lake, tmp_path)()
    assert reported(tmp_path) == []
    watcher(lake, tmp_path, simulated=True)()
    assert len(reported(tmp_path)) == 1


def test_late_feedback_is_reported_for_two_weeks(lake: Lake, tmp_path: Path) -> None:
    write(lake, scored(urgent_story()))
    watcher(lake, tmp_path, now=NOON + timedelta(days=14))()
    assert reported(tmp_path) == []
    watcher(lake, tmp_path, now=NOON + timedelta(days=13))()
    assert len(reported(tmp_path)) == 1
    assert business_day(NOON) == MORNING.date()


def test_an_unreadable_lake_reports_nothing_and_raises_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "lake" / "scored_feedback" / "_delta_log"
    broken.mkdir(parents=True)
    (broken / "00000000000000000000.json").write_text("{")
    watcher(Lake(str(tmp_path / "lake")), tmp_path)()
    assert reported(tmp_path) == []
