"""Proves that a rerun repairs a day after a SIGKILL before, during or after the write of any table.

    python -m benchmarks.platform.prove_rerun [--tables sessions,rewards] [--json]

The day is one of stories: visits, probes, a customer count. A reference home is built without a fault; a second home,
a copy of the same landing and store, suffers each death in turn and is rebuilt after each. Equal means: every row of
every table that the run writes, what says when a thing happened in the store or was judged apart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl

from assets.automation.jobs import BY_HAND
from assets.by_hand.materializing import plan_runs
from assets.by_hand.running import open_instance, run_in_process
from assets.framework.resources import HomeResource
from pilot.lake_tables.tables import TABLES
from storage.home import Home
from storage.landing.segments import publish
from storage.store.cafes import customer_counts

DAY = date(2026, 11, 23)
MOMENTS = ("before", "during", "after")
# When the store or a judge did something: another moment in every run.
MOMENT_COLUMNS = {"reported_at", "decided_at", "judged_at", "looked_at", "table_version", "as_of", "segment"}
DEADLINE_SECONDS = 300.0


def opened(path: str) -> Home:
    """Open the home at a path."""
    return HomeResource(home=path).open()


def record_a_day(home: Home) -> None:
    """Land a day of stories, and a customer count."""
    from tests.events import MORNING, probes, whole_visit

    events = [*whole_visit().events, *whole_visit("malmohuset").events, *probes(start=MORNING, outcomes=[True] * 20)]
    publish(home.segments(), events, replica="edge1", identifier="01987654-3210-7abc-8def-0123456789ab")
    customer_counts.report(
        home.store(), cafe="aurora", day=DAY, customers=90, source="till", actor="proof", simulated=False
    )


def build(home: Home, names: list[str]) -> None:
    """Run what builds some tables, all of a rebuild where none is named."""
    with open_instance(home) as instance:
        for part in plan_runs(names, days=[DAY]):
            ended = run_in_process(instance, part, home=home)
            if not ended.succeeded:
                sys.exit(f"the rerun failed: {ended.troubles}")


def frames(home: Home, names: list[str]) -> dict[str, pl.DataFrame]:
    """Return the day's rows of some tables, without the moments of the run itself."""
    found = {name: home.lake().read(TABLES[name], days=[DAY]) for name in names}
    return {name: frame.drop(MOMENT_COLUMNS & set(frame.columns)) for name, frame in found.items()}


def prove(home: Home, table: str, moment: str, *, reference: dict[str, pl.DataFrame]) -> dict[str, object]:
    """Kill a run in one table at one moment, rerun, and say whether the frames are the reference's."""
    begun = time.monotonic()
    words = [sys.executable, "-m", "benchmarks.platform.dying_run", str(home.root), DAY.isoformat(), table, moment]
    died = subprocess.run(words, check=False, capture_output=True, timeout=DEADLINE_SECONDS)
    rebuilt = table in BY_HAND["rebuild"]
    build(home, [] if rebuilt else [table])
    now = frames(home, list(reference))
    differ = [name for name, frame in reference.items() if not frame.equals(now[name])]
    return {
        "table": table,
        "moment": moment,
        "killed": died.returncode == -9,
        "differ": differ,
        "seconds": round(time.monotonic() - begun, 1),
    }


def main() -> None:
    """Prove it, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="", help="separated by commas; every one that a run builds if empty")
    parser.add_argument("--moments", default=",".join(MOMENTS))
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    every = [*BY_HAND["rebuild"], *BY_HAND["quality"], *BY_HAND["reports"]]
    tables = [name for name in asked.tables.split(",") if name] or every
    late = {name for name in tables if name not in BY_HAND["rebuild"]}
    with tempfile.TemporaryDirectory() as folder:
        home = opened(str(Path(folder) / "home"))
        record_a_day(home)
        build(home, [])
        if late:
            build(home, BY_HAND["reports"])
        compared = [*BY_HAND["rebuild"], *(BY_HAND["reports"] if late else ())]
        # A plan holds the bytes of files, which differ a little from one write to the next.
        compared = [name for name in compared if name != "capacity_plan"]
        reference = frames(home, compared)
        found = []
        for table in tables:
            for moment in asked.moments.split(","):
                one = prove(home, table, moment, reference=reference)
                found.append(one)
                if not asked.json:
                    verdict = "same" if one["killed"] and not one["differ"] else f"DIFFERS: {one}"
                    print(f"{table:18} {moment:7} {verdict}  {one['seconds']} s", flush=True)
    good = all(one["killed"] and not one["differ"] for one in found)
    if asked.json:
        print(json.dumps({"good": good, "deaths": found}))
    else:
        print(f"{len(found)} deaths, {'every rerun gave the same rows' if good else 'NOT ALL THE SAME'}")
    sys.exit(not good)


if __name__ == "__main__":
    main()
