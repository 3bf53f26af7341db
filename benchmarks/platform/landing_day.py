"""Cost and peak memory of a large day from its segments to `raw_events`, beside plain DuckDB.

    python -m benchmarks.platform.landing_day --sessions 100000 [--cafes 1000] [--segments 400] [--json]

The simulated day's events are published as segments, as replicas publish them: each holds events of many cafés, in the
order of time. Then a process of its own does what the asset does: list, read, check each line against the contract,
take out doubles, sort, write. Another reads the same files with DuckDB's `read_json`, unchecked, sorts them and writes
one Parquet file: what somebody would write in an afternoon.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from benchmarks.platform.lake import COMMIT, FIRST_DAY, HEAVY, ROOT, SEED, some_cafes
from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import RAW_EVENTS
from pilot.settings import read_settings
from proving.simulator.large_days import LargeDay, crowd, event_parts
from storage.home import Home, open_home
from storage.landing.day_in_parts import read_day_in_parts
from storage.landing.segments import SegmentName


def lines_of(frame: pl.DataFrame) -> pl.Series:
    """Return events as the lines that a replica writes, in the order of their time."""
    at = pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
    texts = {name: pl.col(name) for name in ("event_id", "event", "session_id", "cafe", "edge")} | {"at": at}
    others = {name: pl.col(name).cast(pl.String) for name in ("epoch", "seq", "simulated", "data")}
    others["schema"] = pl.col("schema_version").cast(pl.String)
    fields = [pl.concat_str(pl.lit(f'"{name}":"'), column, pl.lit('"')) for name, column in texts.items()]
    fields += [pl.concat_str(pl.lit(f'"{name}":'), column) for name, column in others.items()]
    line = pl.concat_str(pl.lit("{"), pl.concat_str(fields, separator=","), pl.lit("}"))
    return frame.sort("at").select(line).to_series()


def publish_day(home: Home, *, day: date, sessions: int, cafes: int, segments: int) -> int:
    """Publish the day; return how many events it has."""
    events = 0
    large = LargeDay(cafes=some_cafes(cafes), day=day, seed=SEED, guests=sessions, habits=HEAVY)
    parts = list(event_parts(large, crowd(large)))
    for number, part in enumerate(parts):
        lines = lines_of(part)
        events += len(lines)
        size = -(-len(lines) * len(parts) // segments)
        for start in range(0, len(lines), size):
            body = ("\n".join(lines[start : start + size]) + "\n").encode()
            name = SegmentName.of(body, day=day, replica=f"edge{number}", identifier=new_identifier())
            home.segments().put(name, body)
    return events


def as_the_asset(home: Home, day: date, *, cafes: int) -> int:
    """Build the day's raw events as the asset does; return how many there are."""
    landed = read_day_in_parts(home.segments(), day, cafes=some_cafes(cafes).ids)
    if landed.faults:
        raise SystemExit(f"the simulated lines break the contract: {landed.faults[0]}")
    home.lake().replace_partition_in_parts(RAW_EVENTS, day, landed.parts, commit=COMMIT)
    return home.lake().rows_by_day(RAW_EVENTS)[day]


def plain_duckdb(home: Home, day: date) -> int:
    """Read the same lines without a check, sort them, and write them; return how many there are."""
    target, folder = home.root / "plain.parquet", home.root / "landing" / f"day={day}"
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from read_json('{folder}/*.ndjson', format = 'newline_delimited', columns = {{"
            "event_id: 'VARCHAR', event: 'VARCHAR', \"at\": 'TIMESTAMP', session_id: 'VARCHAR', cafe: 'VARCHAR', "
            "edge: 'VARCHAR', epoch: 'BIGINT', seq: 'BIGINT', simulated: 'BOOLEAN', schema: 'BIGINT', "
            f"data: 'JSON'}}) order by cafe, session_id, epoch, seq) to '{target}' (format parquet, compression zstd)"
        )
        return int(connection.sql(f"select count(*) from '{target}'").fetchall()[0][0])


def piece(what: str, home: Home, given: argparse.Namespace) -> dict[str, Any]:
    """Do one piece and measure it."""
    began, used = time.perf_counter(), time.process_time()
    if what == "publish":
        done = publish_day(home, day=FIRST_DAY, sessions=given.sessions, cafes=given.cafes, segments=given.segments)
    elif what == "asset":
        done = as_the_asset(home, FIRST_DAY, cafes=given.cafes)
    else:
        done = plain_duckdb(home, FIRST_DAY)
    return {
        "events": done,
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - used, 2),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--cafes", type=int, default=1000)
    parser.add_argument("--segments", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--piece", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.piece:
        home = open_home(read_settings({"PILOT_HOME": str(given.folder / "home")}), kind="demo")
        print(json.dumps(piece(given.piece, home, given)))
        return
    result: dict[str, Any] = {"sessions": given.sessions, "simulated": True}
    with tempfile.TemporaryDirectory() as folder:
        for what in ("publish", "asset", "duckdb"):
            command = [sys.executable, "-m", "benchmarks.platform.landing_day", "--piece", what, "--folder", folder]
            command += [
                "--sessions",
                str(given.sessions),
                "--cafes",
                str(given.cafes),
                "--segments",
                str(given.segments),
            ]
            done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
            result[what] = json.loads(done.stdout.splitlines()[-1])
    for cost in ("seconds", "cpu_seconds"):
        result[f"{cost}_times_duckdb"] = round(result["asset"][cost] / result["duckdb"][cost], 2)
    print(json.dumps(result, indent=2 if given.json else None))


if __name__ == "__main__":
    main()
