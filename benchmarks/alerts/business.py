"""The business alerts from the lake to Slack, in virtual time: the watch's own watchers and router."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks.alerts.installation import Installation
from benchmarks.alerts.technical import Arrival
from operations.system import RUN_FOLDER
from operations.watch.alerts.business import ParticipationWatcher, QualityWatcher
from operations.watch.alerts.volume import VolumeWatcher
from operations.watch.clockwork import BUSINESS_SECONDS, ROUTER_SECONDS, VOLUME_SECONDS
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from storage.lake import Lake, polars_schema

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.events import Story, raw_events
from tests.operations.watch.alerts.test_volume_alerts import NIGHT, build

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)  # 12:00 in Stockholm, a Tuesday
LONGEST = timedelta(minutes=10)
EVERY = {"quality_low": BUSINESS_SECONDS, "participation_low": BUSINESS_SECONDS, "volume_anomaly": VOLUME_SECONDS}


def score(lake: Lake, installation: Installation, points: int) -> None:
    """Write five answers to Aurora with a score."""
    frames = []
    for minute in range(5):
        story = Story("aurora", at=NOON - timedelta(hours=3) + timedelta(minutes=minute)).opens().starts()
        raw = raw_events(story.consents().says("Kaffet var kallt och kön lång.").completes())
        scored = scored_feedback(sessions(raw, as_of=NOON), turns(raw), cafes=installation.home.cafes())
        frames.append(scored.with_columns(score=pl.lit(points, dtype=pl.Int64), turns_scored=pl.lit(1, dtype=pl.Int64)))
    lake.replace_partition(SCORED_FEEDBACK, NOON.date(), pl.concat(frames), commit={})


def participate(lake: Lake, installation: Installation, started: int) -> None:
    """Write Aurora's participation of yesterday, of 1 000 customers."""
    day = NOON.date() - timedelta(days=1)
    row = {"day": day, "simulated": False, "kpi": "participation", "as_of": NOON, "unit": "share", "target": 0.1}
    row |= {"cafe": "aurora", "numerator": float(started), "denominator": 1000.0, "value": started / 1000}
    full = [dict.fromkeys(PILOT_KPIS.names) | row | {"verdict": "missed"}]
    frame = pl.DataFrame(full, schema=polars_schema(PILOT_KPIS), orient="row")
    lake.replace_partition(PILOT_KPIS, day, frame, commit={})


def volume(lake: Lake, installation: Installation, until_hour: int) -> None:
    """Write Aurora's Monday with the usual feedback until an hour, then none."""
    build(lake, until_hour=until_hour)


CASES: dict[str, tuple[type, Callable[[Lake, Installation, int], None], datetime, tuple[int, int], str]] = {
    "quality_low": (QualityWatcher, score, NOON, (65, 64), "five answers of 64 points instead of 65"),
    "participation_low": (ParticipationWatcher, participate, NOON, (80, 79), "79 of 1 000 customers instead of 80"),
    "volume_anomaly": (VolumeWatcher, volume, NIGHT, (24, 11), "no feedback from 11 o'clock, instead of as usual"),
}


def prove(folder: Path) -> list[Arrival]:
    """Return a row for each alert."""
    rows = []
    for name, (_, _, _, (below, above), cause) in CASES.items():
        silent = _seconds(folder / f"{name}-below", name, below) is None
        took = _seconds(folder / f"{name}-above", name, above)
        rows.append(Arrival(name, cause, "" if took is None else f"{took:.0f} s (virtual)", silent))
    return rows


def _seconds(folder: Path, name: str, value: int) -> float | None:
    """Return the virtual seconds until the receiver has the alert; None within ten minutes."""
    watcher, write, began, _, _ = CASES[name]
    now = began
    with Installation.running(folder, clock=lambda: now) as installation:
        lake = installation.home.lake()
        write(lake, installation, value)
        watch = watcher(
            lake, cafes=installation.home.cafes(), folder=installation.home.root / RUN_FOLDER,
            pages_url="https://staging.feedbackai.se/", simulated=False, clock=lambda: now,
        )  # fmt: skip
        while now < began + LONGEST:
            now += timedelta(seconds=ROUTER_SECONDS)
            if (now - began).total_seconds() % EVERY[name] == 0:
                watch()
            installation.turn()
            if name in installation.arrived():
                return (now - began).total_seconds()
    return None
