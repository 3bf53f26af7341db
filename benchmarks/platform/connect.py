"""Cost of a simulated day's heavy tables on the embedded engine and on Sail with several workers.

    python -m benchmarks.platform.connect --sessions 1000000 --workers 1,4 [--cafes 10000] [--rounds 1] [--json]

Workers are processes of their own (`sail worker`), which Sail's driver asks of a stand-in for Kubernetes' API
(`worker_processes`); with `--kill`, one is killed as soon as it computes, in each round. `--workers 0` is Sail in one
process. Wall seconds are from the first read to the last commit of the four tables; CPU seconds are of this process
(`own`) and of the engine with its workers (`engine`). The engine is started before, its workers with the first query.
The rows are compared with those of the embedded engine, all of them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from assets.framework.day import TableDay
from benchmarks.platform.lake import COMMIT, FIRST_DAY, HEAVY, SEED, end_of, some_cafes
from benchmarks.platform.sail_cluster import running_cluster
from pilot.cafes import Cafes
from pilot.lake_tables.tables import FINGERPRINTS, SCORED_FEEDBACK, SESSIONS, TURNS, Table
from pilot.settings import read_settings
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import FIELDS as OF_SESSIONS
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import FIELDS as OF_TURNS
from pipelines.feedback.turns import turns
from pipelines.signals.fingerprints import fingerprints
from proving.simulator.landing_days import write_large_day
from proving.simulator.large_days import LargeDay
from storage.home import Home, open_home
from storage.spark.engine import SparkEngine

KEY = b"a key for benchmarks only, 32 by"
TABLES = (SESSIONS, TURNS, SCORED_FEEDBACK, FINGERPRINTS)


def build(home: Home, cafes: Cafes, table: Table, engine: SparkEngine | None) -> None:
    """Build one table of the day as its asset does."""
    day = TableDay(home=home, table=table, day=FIRST_DAY, as_of=end_of(FIRST_DAY), commit=COMMIT, engine=engine)
    if table is SESSIONS:
        day.build_from_events(partial(sessions, as_of=day.as_of), fields=OF_SESSIONS, figures=lambda _: {})
    elif table is TURNS:
        day.build_from_events(turns, fields=OF_TURNS, figures=lambda _: {})
    elif table is SCORED_FEEDBACK:
        day.build_from_sessions(partial(scored_feedback, cafes=cafes), figures=lambda _: {})
    else:
        day.build_from_sessions(partial(fingerprints, key=KEY), figures=lambda _: {})


def measured(home: Home, cafes: Cafes, engine: SparkEngine | None, processes: Any) -> dict[str, Any]:
    """Build the four tables; return seconds by table, and CPU seconds of this process and of the engine's."""
    outcome: dict[str, Any] = {"tables": {}}
    own, others, began = time.process_time(), processes(), time.perf_counter()
    for table in TABLES:
        started = time.perf_counter()
        build(home, cafes, table, engine)
        outcome["tables"][table.name] = round(time.perf_counter() - started, 2)
    outcome["seconds"] = round(time.perf_counter() - began, 2)
    outcome["cpu_seconds"] = {
        "own": round(time.process_time() - own, 2),
        "engine": round(processes() - others, 2),
    }
    return outcome


def rows(home: Home) -> dict[str, pl.DataFrame]:
    return {table.name: home.lake().read(table, days=[FIRST_DAY]) for table in TABLES}


def run(*, guests: int, cafes: int, workers: list[int], kill: bool, folder: Path) -> dict[str, Any]:
    every = some_cafes(cafes)
    home = open_home(read_settings({"PILOT_HOME": str(folder / "home")}), kind="demo")
    if home.lake().version(TABLES[0]) is None:
        write_large_day(home, LargeDay(cafes=every, day=FIRST_DAY, seed=SEED, guests=guests, habits=HEAVY))
    outcome: dict[str, Any] = {"sessions": guests, "cafes": cafes}
    outcome["embedded"] = measured(home, every, None, lambda: 0.0)
    expected = rows(home)
    for count in workers:
        with running_cluster(workers=count) as cluster:
            engine = SparkEngine(cluster.address)
            if kill:
                cluster.kill_one_when_busy()
            found = measured(home, every, engine, cluster.cpu_seconds)
            found["workers_started"], found["workers_killed"] = cluster.started, cluster.killed
            engine.close()
        built = rows(home)
        found["differing_tables"] = [name for name, frame in expected.items() if not built[name].equals(frame)]
        outcome[f"workers_{count}"] = found
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--cafes", type=int, default=None)
    parser.add_argument("--workers", default="1,4")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        found = run(
            guests=given.sessions,
            cafes=given.cafes or max(3, given.sessions // 100),
            workers=[int(each) for each in given.workers.split(",")],
            kill=given.kill,
            folder=given.folder or Path(temporary),
        )
    print(json.dumps(found, indent=2 if given.json else None))


if __name__ == "__main__":
    main()
