"""What the tables that look back cost while their windows fill, and once they are full.

    python -m benchmarks.platform.windows --days 40 --sessions 1000 [--json]

`session_signals` reads the fourteen days before its own, `themes` the twenty-seven: each day costs more than the one
before until the window is full, and no more after that. So the last days are held against the first ones and against
those on which the windows had just been filled. All days are built in one process, one after another, into one lake.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.platform.lake import FIRST_DAY, HEAVY, SEED, make_sessions, make_turns, of_day, some_cafes
from pilot.business_days import days_between
from pilot.cafes import Cafes
from pilot.lake_tables.insight_tables import THEMES
from pilot.lake_tables.tables import FINGERPRINTS, SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TURNS
from pilot.settings import read_settings
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.themes_daily import HISTORY_COLUMNS as MENTIONS
from pipelines.feedback.themes_daily import HISTORY_DAYS as THEMES_HISTORY_DAYS
from pipelines.feedback.themes_daily import themes_of
from pipelines.signals.duplicates import HISTORY_DAYS as SIGNALS_HISTORY_DAYS
from pipelines.signals.fingerprints import fingerprints
from pipelines.signals.session_signals import session_signals
from pipelines.signals.velocity import HISTORY_COLUMNS as VISITS
from proving.simulator.landing_days import write_large_day
from proving.simulator.large_days import LargeDay
from storage.home import Home, open_home

COMPARED_DAYS = 5


def make_fingerprints(home: Home, day: date, cafes: Cafes) -> int:
    task = of_day(home, FINGERPRINTS, day)
    return task.write(fingerprints(task.read(SESSIONS), task.read(TURNS), key=home.secret())).rows


def make_scored_feedback(home: Home, day: date, cafes: Cafes) -> int:
    task = of_day(home, SCORED_FEEDBACK, day)
    return task.write(scored_feedback(task.read(SESSIONS), task.read(TURNS), cafes=cafes)).rows


def make_session_signals(home: Home, day: date, cafes: Cafes) -> int:
    task, lake, before = of_day(home, SESSION_SIGNALS, day), home.lake(), _before(day, SIGNALS_HISTORY_DAYS)
    frame = session_signals(
        day,
        sessions=task.read(SESSIONS),
        turns=task.read(TURNS),
        history=lake.read(SESSIONS, days=before, columns=VISITS),
        fingerprints=task.read(FINGERPRINTS),
        earlier_fingerprints=lake.read(FINGERPRINTS, days=before),
        scored=task.read(SCORED_FEEDBACK),
        cafes=cafes,
    )
    return task.write(frame).rows


def make_themes(home: Home, day: date, cafes: Cafes) -> int:
    task = of_day(home, THEMES, day)
    history = home.lake().read(THEMES, days=_before(day, THEMES_HISTORY_DAYS), columns=MENTIONS)
    return task.write(themes_of(task.read(SCORED_FEEDBACK), day=day, history=history)).rows


def _before(day: date, days: int) -> list[date]:
    return list(days_between(day - timedelta(days=days), day - timedelta(days=1)))


MAKERS: dict[str, Callable[[Home, date, Cafes], int]] = {
    "sessions": make_sessions,
    "turns": make_turns,
    "fingerprints": make_fingerprints,
    "scored_feedback": make_scored_feedback,
    "session_signals": make_session_signals,
    "themes": make_themes,
}


def run(*, days: int, sessions: int, cafes: int) -> dict[str, Any]:
    """Build the days in order; return each stage's CPU seconds at first, with full windows, and last."""
    every = some_cafes(cafes)
    cost: dict[str, list[float]] = {stage: [] for stage in MAKERS}
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(read_settings({"PILOT_HOME": str(Path(folder) / "home")}), kind="demo")
        for number in range(days):
            day = FIRST_DAY + timedelta(days=number)
            write_large_day(home, LargeDay(cafes=every, day=day, seed=SEED, guests=sessions, habits=HEAVY))
            for stage, make in MAKERS.items():
                used = time.process_time()
                make(home, day, every)
                cost[stage].append(time.process_time() - used)
    cost["all"] = [sum(each) for each in zip(*cost.values(), strict=True)]
    return {
        "sessions_a_day": sessions,
        "cafes": cafes,
        "days": days,
        "stages": {k: cost_summary(v) for k, v in cost.items()},
    }


def cost_summary(cpu: list[float]) -> dict[str, float]:
    """Return the median CPU seconds of the first days, the first days with full windows, and the last."""
    full = min(THEMES_HISTORY_DAYS, len(cpu) - COMPARED_DAYS)
    first, filled, last = (
        statistics.median(part)
        for part in (cpu[:COMPARED_DAYS], cpu[full : full + COMPARED_DAYS], cpu[-COMPARED_DAYS:])
    )
    return {
        "first_cpu_s": round(first, 3),
        "full_cpu_s": round(filled, 3),
        "last_cpu_s": round(last, 3),
        "last_times_first": round(last / first, 3),
        "last_times_full": round(last / filled, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--sessions", type=int, default=1_000)
    parser.add_argument("--cafes", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    print(
        json.dumps(run(days=given.days, sessions=given.sessions, cafes=given.cafes), indent=2 if given.json else None)
    )


if __name__ == "__main__":
    main()
