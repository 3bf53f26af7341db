"""Cost of a rebuild after one session, at several numbers of cafés with a full day's probes.

    python -m benchmarks.platform.rebuild --cafes 3,100,1000 [--earlier] [--json]

Each home has the same twenty guests, at the first three cafés, and a round of probes every 30 s. Every table is built;
then one more guest comes, and the sensor's run is executed in a process that is forked as the code server forks its
runs: its CPU seconds are those after the imports, which the code server spends once. Beside it, the same in a new
Python, and the run that also builds the tables of the service, every ten minutes. `--earlier` lands the probes as
earlier versions did: an event for each café and target, among those of guests.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import polars as pl

from assets.code_server import run_context
from benchmarks.many_cafes_home import open_large_home
from benchmarks.platform.lake import SEED
from benchmarks.platform.landing_day import lines_of
from pilot.business_days import day_bounds
from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import PROBES
from proving.simulator.large_days import LargeDay, crowd, event_parts
from storage.home import Home
from storage.landing.segments import SegmentName, Segments

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 9, 1)
GUESTS = 20
REPEATS = 2
EVERY_SECONDS = 30
ROUNDS_IN_SEGMENT = 100
TARGETS = ("customer_page", "websocket", "receipt", "dashboards")
SHARED = TARGETS[1:]


def visits(home: Home) -> list[bytes]:
    """Return the lines of each guest's session, in the order of their first event."""
    known = home.cafes()
    few = known.model_copy(update={"cafe": tuple(sorted(known.cafe[:3], key=lambda cafe: cafe.id))})
    large = LargeDay(cafes=few, day=DAY, seed=SEED, guests=GUESTS + REPEATS)
    events = pl.concat(event_parts(large, crowd(large))).filter(pl.col("event") != "probe")
    sessions = events.sort("at").partition_by("session_id", maintain_order=True)
    return [("\n".join(lines_of(each)) + "\n").encode() for each in sessions]


def probe_lines(cafes: list[str], at: datetime, *, earlier: bool) -> Iterator[str]:
    """Yield the lines of a round."""
    moment = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for target in TARGETS:
        durations = [round(4.0 + 0.1 * (place % 200), 1) for place in range(len(cafes))]
        whole = [] if target in SHARED else durations
        for cafe in cafes if earlier else cafes[:1]:
            data = {"target": target, "ok": True, "status": 200, "duration_ms": 12.5, "every_seconds": EVERY_SECONDS}
            data |= {"failure": ""} | ({} if earlier else {"cafes": cafes, "durations_ms": whole})
            event = {"schema": 1, "event_id": new_identifier(at=at), "event": "probe", "at": moment, "epoch": 1}
            event |= {"session_id": new_identifier(at=at), "cafe": cafe, "edge": "watch", "seq": 0, "simulated": True}
            yield json.dumps(event | {"data": data}, separators=(",", ":"))


def put(segments: Segments, body: bytes, *, replica: str) -> None:
    name = SegmentName.of(body, day=DAY, replica=replica, identifier=new_identifier())
    segments.put(name, body)


def land_probes(home: Home, *, earlier: bool) -> None:
    """Publish a day's rounds."""
    start, end = day_bounds(DAY)
    rounds = int((end - start).total_seconds()) // EVERY_SECONDS
    segments = home.segments() if earlier else home.probe_segments()
    for first in range(0, rounds, ROUNDS_IN_SEGMENT):
        lines = [
            line
            for place in range(first, min(first + ROUNDS_IN_SEGMENT, rounds))
            for line in probe_lines(
                list(home.cafes().ids), start + timedelta(seconds=EVERY_SECONDS * place), earlier=earlier
            )
        ]
        put(segments, ("\n".join(lines) + "\n").encode(), replica="watch")


def build(home: Home, what: str) -> None:
    """Build the day as the sensor's run does: every table, or those of guests."""
    from assets.automation.sensor import CHECKS_OF_GUESTS, OF_GUESTS
    from assets.by_hand.running import open_instance
    from assets.definitions import build_defs
    from assets.framework.partitions import range_tags
    from assets.framework.resources import HomeResource

    job = build_defs(resource_overrides={"home": HomeResource(home=str(home.root))}).resolve_job_def("rebuild")
    if what == "guests":
        job = job.get_subset(asset_selection={*OF_GUESTS}, asset_check_selection={*CHECKS_OF_GUESTS})
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with open_instance(home) as instance:
        ended = job.execute_in_process(instance=instance, tags=range_tags(DAY, DAY), run_config=quiet)
        if any("suite" in str(step.step_key) for step in ended.all_node_events) or not ended.success:
            sys.exit("the run failed, or ran a suite")


def measured(what: str, folder: Path, cafes: int) -> float:
    """Return the CPU seconds of a run that is forked as the code server forks its runs."""
    context = run_context()
    reading, writing = context.Pipe(duplex=False)
    process = context.Process(target=_build_forked, args=(what, folder, cafes, writing))
    process.start()
    writing.close()
    process.join()
    if process.exitcode:
        sys.exit(f"the run ended with {process.exitcode}")
    return float(reading.recv())


def _build_forked(what: str, folder: Path, cafes: int, result: Connection) -> None:
    began = time.process_time()  # The imports of this benchmark are no part of a run.
    build(open_large_home(folder, cafes=cafes), what)
    result.send(time.process_time() - began)


def measured_anew(what: str, folder: Path, cafes: int) -> float:
    """Return the CPU seconds of a run in a new Python, its start and imports included."""
    before = os.times()
    words = [sys.executable, "-m", "benchmarks.platform.rebuild", "--piece", what, "--folder", str(folder)]
    done = subprocess.run([*words, "--cafes", str(cafes)], cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def measure(cafes: int, *, earlier: bool) -> dict[str, Any]:
    """Return the costs at a number of cafés."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        home = open_large_home(folder, cafes=cafes)
        guests = visits(home)
        put(home.segments(), b"".join(guests[:-REPEATS]), replica="edge1")
        land_probes(home, earlier=earlier)
        whole = measured("whole", folder, cafes)
        after_one = []
        for guest in guests[-REPEATS:]:
            put(home.segments(), guest, replica="edge1")
            after_one.append(measured("guests", folder, cafes))
        anew = measured_anew("guests", folder, cafes)
        rows = home.lake().read(PROBES, columns=["cafe"]).height
    return {
        "cafes": cafes,
        "probe_rows": rows,
        "after_one_session_cpu_s": round(min(after_one), 2),
        "in_a_new_python_cpu_s": round(anew, 2),
        "with_the_service_cpu_s": round(whole, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cafes", default="3,100,1000")
    parser.add_argument("--earlier", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--piece", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.piece:
        build(open_large_home(given.folder, cafes=int(given.cafes)), given.piece)
        return
    found = [measure(int(count), earlier=given.earlier) for count in given.cafes.split(",")]
    first = found[0]["after_one_session_cpu_s"]
    for each in found:
        each["times_the_first"] = round(each["after_one_session_cpu_s"] / first, 2)
    print(json.dumps({"day": DAY.isoformat(), "homes": found}, indent=2))


if __name__ == "__main__":
    main()
