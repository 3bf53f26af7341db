"""Cost of a large simulated day from raw events to figures, by stage, beside hand-written SQL.

    python -m benchmarks.platform.lake --sessions 1000000 [--days 1] [--cafes 10000] [--folder DIR] [--json]

A stage is what an asset does: read from the lake, make, write to the lake. Each runs in a process of its own, whose
greatest memory is reported (of several days each day does); its seconds are from its first read to its commit, without
Python's own start. The SQL (`independent_sql`) reads the same raw files, keeps its tables in memory and writes them to
Parquet. Then both results are compared row by row. The day is heavier than a believable one: nearly everybody who opens
the page starts, and says three things on average.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from assets.framework.day import TableDay
from assets.tables.pilot_kpis import kpis_in_parts
from benchmarks.platform.compared_sql import differing, run_sql
from benchmarks.platform.late_days import COSTS, LATE_PART, late_days
from pilot.business_days import day_bounds
from pilot.cafes import Cafes, parse_cafes
from pilot.lake_tables.insight_tables import VOICE_LATENCY
from pilot.lake_tables.tables import PILOT_KPIS, SESSIONS, TURNS, UPTIME, Table
from pilot.settings import read_settings
from pipelines.feedback.sessions import FIELDS as OF_SESSIONS
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import FIELDS as OF_TURNS
from pipelines.feedback.turns import turns
from pipelines.figures.uptime import uptime_of_parts
from pipelines.figures.voice_latency import OF_TURNS as LATENCY_TURNS
from pipelines.figures.voice_latency import voice_latency
from proving.simulator.landing_days import write_large_day
from proving.simulator.large_days import LargeDay
from proving.simulator.many_cafes import many_cafes
from proving.simulator.many_guests import Habits
from storage.home import Home, open_home

ROOT = Path(__file__).resolve().parents[2]
FIRST_DAY = date(2026, 9, 1)
HEAVY = Habits(started=0.97, turns=(0.0, 0.15, 0.35, 0.3, 0.2))
SEED = 1
COMMIT = {"run": "benchmark"}
STAGES = ("sessions", "turns", "voice_latency", "uptime", "pilot_kpis")
PIECES_OF_DAY = ("simulate", *STAGES)


def end_of(day: date) -> datetime:
    return day_bounds(day)[1]


def of_day(home: Home, table: Table, day: date) -> TableDay:
    return TableDay(home=home, table=table, day=day, as_of=end_of(day), commit=COMMIT)


def some_cafes(count: int) -> Cafes:
    return many_cafes(parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml"), count=count)


def make_sessions(home: Home, day: date, cafes: Cafes) -> int:
    task = of_day(home, SESSIONS, day)
    make: Callable[[pl.DataFrame], pl.DataFrame] = lambda events: sessions(events, as_of=task.as_of)  # noqa: E731
    return task.build_from_events(make, fields=OF_SESSIONS, figures=lambda _: {}).rows


def make_turns(home: Home, day: date, cafes: Cafes) -> int:
    return of_day(home, TURNS, day).build_from_events(turns, fields=OF_TURNS, figures=lambda _: {}).rows


def make_voice_latency(home: Home, day: date, cafes: Cafes) -> int:
    task = of_day(home, VOICE_LATENCY, day)
    frame = task.gather(
        lambda part: voice_latency(task.read(TURNS, columns=LATENCY_TURNS, cafes=part), day=day), read=[TURNS]
    )
    return task.write(frame).rows


def make_uptime(home: Home, day: date, cafes: Cafes) -> int:
    task = of_day(home, UPTIME, day)
    return task.write(uptime_of_parts(task.probe_parts(), day=day, as_of=task.as_of, cafes=cafes)).rows


def make_pilot_kpis(home: Home, day: date, cafes: Cafes) -> int:
    task = of_day(home, PILOT_KPIS, day)
    frame = kpis_in_parts(task, cafes=cafes)
    return task.write(frame).rows


MAKERS = {
    "sessions": make_sessions,
    "turns": make_turns,
    "voice_latency": make_voice_latency,
    "uptime": make_uptime,
    "pilot_kpis": make_pilot_kpis,
}


def in_process_of_its_own(what: str, *, folder: Path, day: date, cafes: int, guests: int) -> dict[str, Any]:
    """Run one piece of the benchmark in a fresh Python; return what it prints."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.platform.lake",
        "--piece",
        what,
        "--folder",
        str(folder),
        "--day",
        str(day),
    ]
    command += ["--cafes", str(cafes), "--sessions", str(guests)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return outcome


def piece(what: str, *, folder: Path, day: date, cafes: int, guests: int) -> dict[str, Any]:
    """Measure one piece: `simulate`, a stage, `sql`, `compare`; or `day`, all but the last two."""
    home = open_home(read_settings({"PILOT_HOME": str(folder / "home")}), kind="demo")
    every = some_cafes(cafes)

    def measured(what: str) -> dict[str, Any]:
        outcome: dict[str, Any] = {}
        began, used = time.perf_counter(), time.process_time()
        if what == "simulate":
            write_large_day(home, LargeDay(cafes=every, day=day, seed=SEED, guests=guests, habits=HEAVY))
        elif what == "sql":
            outcome["stages"] = {
                name: round(each, 2)
                for name, each in run_sql(home, day, every, as_of=end_of(day), folder=folder).items()
            }
        elif what == "compare":
            outcome["differing_rows"] = differing(home, day, folder=folder)
        else:
            outcome["rows"] = MAKERS[what](home, day, every)
        outcome["seconds"] = round(time.perf_counter() - began, 2)
        outcome["cpu_seconds"] = round(time.process_time() - used, 2)
        outcome["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return outcome

    return {each: measured(each) for each in PIECES_OF_DAY} if what == "day" else measured(what)


def run(*, sessions: int, days: int = 1, cafes: int | None = None, folder: Path | None = None) -> dict[str, Any]:
    """Simulate the days one after another, build each, and compare the last with the SQL.

    Args:
        sessions: Visits a day, rows of the table `sessions`.
        days: How many days come one after another, each into the same lake.
        cafes: How many cafés they are at; by default one for each hundred sessions.
        folder: Where the home is made; by default a temporary one.
    """
    cafes = cafes or max(3, sessions // 100)
    late = max(1, days // LATE_PART) if days > 1 else 0
    with tempfile.TemporaryDirectory() as temporary:
        where = folder or Path(temporary)
        outcome, alone = [], []
        for number in range(days):
            day = FIRST_DAY + timedelta(days=number)
            outcome.append(_built(where, day=day, cafes=cafes, guests=sessions, apart=days == 1))
            if number >= days - late:  # right after it, so that both meet the same machine
                with tempfile.TemporaryDirectory() as empty:
                    alone.append(_built(Path(empty), day=day, cafes=cafes, guests=sessions, apart=False))
        sql, compared = (
            in_process_of_its_own(what, folder=where, day=day, cafes=cafes, guests=sessions)
            for what in ("sql", "compare")
        )
    found = {
        "sessions_a_day": sessions,
        "cafes": cafes,
        "days": outcome if days == 1 else [{key: each[key] for key in ("day", *COSTS)} for each in outcome],
        "sql": sql,
        "differing_rows": compared["differing_rows"],
        "times_the_sql": round(outcome[-1]["seconds"] / sql["seconds"], 2),
        "times_the_sql_cpu": round(outcome[-1]["cpu_seconds"] / sql["cpu_seconds"], 2),
        "peak_mib": max(each["peak_mib"] for each in outcome),
    }
    return found | (late_days(outcome, alone) if late else {})


def _built(folder: Path, *, day: date, cafes: int, guests: int, apart: bool) -> dict[str, Any]:
    """Simulate a day and build it: each stage in a process of its own, or of many days each day in one."""

    def do(what: str) -> dict[str, Any]:
        return in_process_of_its_own(what, folder=folder, day=day, cafes=cafes, guests=guests)

    made = {each: do(each) for each in PIECES_OF_DAY} if apart else do("day")
    stages = {stage: made[stage] for stage in STAGES}
    return {"day": day.isoformat(), "simulated": made["simulate"], "stages": stages, **_summed(stages)}


def _summed(stages: dict[str, dict[str, Any]]) -> dict[str, Any]:
    every = stages.values()
    return {
        "seconds": round(sum(each["seconds"] for each in every), 2),
        "cpu_seconds": round(sum(each["cpu_seconds"] for each in every), 2),
        "peak_mib": max(each["peak_mib"] for each in every),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--cafes", type=int, default=None)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--piece", help=argparse.SUPPRESS)
    parser.add_argument("--day", type=date.fromisoformat, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.piece:
        outcome = piece(given.piece, folder=given.folder, day=given.day, cafes=given.cafes, guests=given.sessions)
        print(json.dumps(outcome))
        return
    found = run(sessions=given.sessions, days=given.days, cafes=given.cafes, folder=given.folder)
    print(json.dumps(found, indent=None if not given.json else 2))


if __name__ == "__main__":
    main()
