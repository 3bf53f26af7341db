"""Low quality, low participation and missing counts are reported at their limits, per café."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from operations.watch.alerts.business import (
    PARTICIPATION_RECORDS,
    QUALITY_RECORDS,
    Participation,
    ParticipationWatcher,
    QualityWatcher,
    Score,
    participation_alerts,
    quality_alert,
)
from pilot.cafes import SpecialDay, parse_cafes
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from storage.lake import Lake, polars_schema
from tests.events import MORNING, Story, raw_events

CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
AURORA = CAFES.get("aurora")
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # 12:00 in Stockholm, a Tuesday
YESTERDAY = (NOON - timedelta(days=1)).date()


def scores(*points: float, hours_ago: float = 1) -> list[Score]:
    return [Score(NOON - timedelta(hours=hours_ago), each) for each in points]


@pytest.mark.parametrize(
    ("given", "fires"),
    [
        (scores(65, 65, 65, 65, 64), True),
        (scores(65, 65, 65, 65, 65), False),
        (scores(0, 0, 0, 0), False),
        ([*scores(65, 65, 65, 65, 65), *scores(0, hours_ago=24)], False),
        ([*scores(65, 65, 65, 65, 65), *scores(0, hours_ago=23.9)], True),
    ],
    ids=["just below 65", "at 65", "too few answers", "a day old", "within the day"],
)
def test_a_cafes_mean_of_the_rolling_day_alerts_below_65(given: list[Score], fires: bool) -> None:
    found = quality_alert(AURORA, given, now=NOON)
    assert (found is not None) == fires
    if found is not None:
        assert f"The {len([each for each in given if each.at > NOON - timedelta(days=1)])} answers" in found.text


def counted(day_back: int, started: float, customers: float | None) -> Participation:
    share = None if customers is None else started / customers
    why = "no_count" if customers is None else ""
    return Participation(NOON.date() - timedelta(days=day_back), started, customers, share, why)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([counted(1, 79, 1000)], ["participation_low"]),
        ([counted(1, 80, 1000)], []),
        ([counted(1, 79, None)], ["customer_count_missing"]),
        ([counted(2, 79, 1000), counted(1, 3, None)], ["participation_low", "customer_count_missing"]),
        ([counted(2, 79, 1000), counted(1, 90, 1000)], []),
        ([counted(1, 90, 1000), counted(0, 1, 1000)], []),
        ([], []),
    ],
    ids=[
        "7.9 %",
        "8 %",
        "no count",
        "no count after a low day",
        "better since",
        "today is not over",
        "before the pilot",
    ],
)
def test_participation_alerts_below_eight_per_cent_and_a_missing_count_separately(
    days: list[Participation], expected: list[str]
) -> None:
    assert [each.name for each in participation_alerts(AURORA, days, now=NOON)] == expected


def test_a_missing_count_is_due_at_noon_and_only_after_an_open_day() -> None:
    days = [counted(1, 5, None)]
    assert participation_alerts(AURORA, days, now=NOON - timedelta(minutes=1)) == []
    closed = AURORA.model_copy(update={"special_days": (SpecialDay(day=YESTERDAY),)})
    assert participation_alerts(closed, days, now=NOON) == []


def test_the_watch_reads_scores_from_the_lake_once_an_episode(tmp_path: Path) -> None:
    lake, now = Lake(str(tmp_path / "lake")), NOON
    watch = QualityWatcher(
        lake, cafes=CAFES, folder=tmp_path, pages_url="https://x.se/", simulated=False, clock=lambda: now
    )
    frames = []
    for minute in range(5):
        story = Story("aurora", at=MORNING + timedelta(minutes=minute)).opens().starts()
        raw = raw_events(story.consents().says("Kaffet var kallt och kön lång.").completes())
        frames.append(
            scored_feedback(sessions(raw, as_of=NOON), turns(raw), cafes=CAFES).with_columns(
                completed_at=pl.lit(NOON - timedelta(hours=2)),
                day=pl.lit(NOON.date()),
                score=pl.lit(64, dtype=pl.Int64),
                turns_scored=pl.lit(1, dtype=pl.Int64),
            )
        )
    lake.replace_partition(SCORED_FEEDBACK, NOON.date(), pl.concat(frames), commit={})
    watch()
    watch()
    now = NOON + timedelta(days=1)
    watch()
    found = [json.loads(line) for line in (tmp_path / QUALITY_RECORDS).read_text().splitlines()]
    assert [(each["name"], each["subject"], each["state"]) for each in found] == [
        ("quality_low", "aurora", "firing"),
        ("quality_low", "aurora", "resolved"),
    ]
    assert "The 5 answers" in found[0]["text"] and "kafe=aurora" in found[0]["text"]


def test_the_watch_reads_participation_from_the_lake(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    watch = ParticipationWatcher(
        lake, cafes=CAFES, folder=tmp_path, pages_url="https://x.se/", simulated=False, clock=lambda: NOON
    )
    row = {"day": YESTERDAY, "simulated": False, "kpi": "participation", "as_of": NOON, "unit": "share", "target": 0.1}
    rows = [
        row | {"cafe": "aurora", "numerator": 79.0, "denominator": 1000.0, "value": 0.079, "verdict": "missed"},
        row | {"cafe": "malmohuset", "numerator": 9.0, "denominator": 100.0, "value": 0.09, "verdict": "missed"},
        row | {"cafe": "goteborg", "verdict": "missing", "why": "no_count"},
    ]
    full = [dict.fromkeys(PILOT_KPIS.names) | each for each in rows]
    frame = pl.DataFrame(full, schema=polars_schema(PILOT_KPIS), orient="row")
    lake.replace_partition(PILOT_KPIS, YESTERDAY, frame, commit={})
    watch()
    found = [json.loads(line) for line in (tmp_path / PARTICIPATION_RECORDS).read_text().splitlines()]
    assert sorted((each["name"], each["subject"]) for each in found) == [
        ("customer_count_missing", f"goteborg {YESTERDAY}"),
        ("participation_low", "aurora"),
    ]
