"""An unusual volume of feedback is reported once, despite rebuilds and restarts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from operations.watch.alerts.run_alerts import RECORDS_NAME
from operations.watch.alerts.volume import VolumeWatcher, volume_alert
from pilot.business_days import day_bounds
from pilot.lake_tables.insight_tables import VOLUME_ANOMALIES
from pilot.lake_tables.tables import SESSIONS
from pipelines.shapes import schema
from pipelines.volume.anomalies import HISTORY_COLUMNS, SESSION_COLUMNS, volume_anomalies
from pipelines.volume.episodes import Episode
from storage.lake import Lake
from tests.pipelines.volume.days import AURORA, CAFES, MONDAY, as_usual, sent

NIGHT = day_bounds(MONDAY)[1] - timedelta(minutes=30)
NO_HISTORY = pl.DataFrame(schema={name: schema(VOLUME_ANOMALIES)[name] for name in HISTORY_COLUMNS})


def build(lake: Lake, *, until_hour: int = 11, simulated: bool = False, as_of: datetime = NIGHT) -> None:
    """Build Aurora's Monday: usual feedback until an hour, then none."""
    usual = sent(AURORA, MONDAY, lambda weight, hour: as_usual(weight, hour) if hour < until_hour else 0)
    rows = [(AURORA.id, simulated, moment) for moment in usual]
    sent_sessions = pl.DataFrame(rows, schema={name: schema(SESSIONS)[name] for name in SESSION_COLUMNS}, orient="row")
    frame = volume_anomalies(
        sent_sessions, day=MONDAY, as_of=as_of, cafes=CAFES, history=NO_HISTORY, away={}, simulated=simulated
    ).filter(pl.col("cafe") == "aurora")
    lake.replace_partition(VOLUME_ANOMALIES, MONDAY, frame, commit={})


def watcher(lake: Lake, folder: Path, *, now: datetime = NIGHT, simulated: bool = False) -> VolumeWatcher:
    return VolumeWatcher(
        lake, cafes=CAFES, folder=folder, pages_url="https://x.se/", simulated=simulated, clock=lambda: now
    )


def reported(folder: Path) -> list[dict]:
    path = folder / RECORDS_NAME
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_an_episode_is_one_alert_with_hours_figures_and_a_link(lake: Lake, tmp_path: Path) -> None:
    build(lake)
    watcher(lake, tmp_path)()
    (record,) = reported(tmp_path)
    assert (record["name"], record["severity"], record["state"]) == ("volume_anomaly", "low", "firing")
    assert record["subject"] == "aurora 2026-11-23 low"
    assert (record["assets"], record["days"]) == (["volume_anomalies"], ["2026-11-23"])
    assert "Café Aurora got 0 feedbacks between 11:00 and 19:00" in record["text"]
    assert record["text"].endswith("https://x.se/?kafe=aurora&dag=2026-11-23")


def test_a_rebuild_a_restart_or_growth_repeats_no_report(lake: Lake, tmp_path: Path) -> None:
    build(lake, as_of=NIGHT - timedelta(hours=6))
    running = watcher(lake, tmp_path)
    running()
    build(lake)
    running()
    running()
    watcher(lake, tmp_path)()
    assert len(reported(tmp_path)) == 1


def test_half_written_lines_and_other_alerts_are_ignored(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / RECORDS_NAME).write_text('{"name": "dagster_run_failed", "subject": "x"}\n{"name": "vol\n')
    build(lake)
    watcher(lake, tmp_path)()
    watcher(lake, tmp_path)()
    lines = (tmp_path / RECORDS_NAME).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "volume_anomaly" in line] == lines[2:]
    assert len(lines) == 3


def test_usual_days_old_days_and_test_clients_are_not_reported(lake: Lake, tmp_path: Path) -> None:
    build(lake, until_hour=24)
    watcher(lake, tmp_path)()
    build(lake, simulated=True)
    watcher(lake, tmp_path)()
    build(lake)
    watcher(lake, tmp_path, now=NIGHT + timedelta(days=2))()
    assert reported(tmp_path) == []


def test_a_demo_reports_its_simulated_cafes(lake: Lake, tmp_path: Path) -> None:
    build(lake, simulated=True)
    watcher(lake, tmp_path, simulated=True)()
    assert len(reported(tmp_path)) == 1


def test_a_missing_table_reports_nothing(lake: Lake, tmp_path: Path) -> None:
    watcher(lake, tmp_path)()
    assert reported(tmp_path) == []


def test_an_alert_of_too_much_feedback_asks_another_question() -> None:
    start = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    episode = Episode(date(2026, 11, 23), "aurora", "high", start, start + timedelta(hours=2), 60, 12.0, 8.0, 17.6, 0.0)
    text = volume_alert(episode, cafe=AURORA, link="https://x.se/").text
    assert "60 feedbacks between 09:00 and 11:00" in text
    assert "8 to 18 were to be expected" in text
    assert "who sent it" in text
