"""Objects in the landing after a year of three cafés, and the time of the sensor's poll of them.

    python -m benchmarks.platform.landing_year [--days 365] [--json]

Each past day is landed by two replicas and two probers and merged as at night; the number of segments before the merge
does not change the number after it, so a past day has only a few of them. Today has all: a segment every 30 s of each
prober, and one for each of 180 sessions. The poll is measured in a process of its own, as the first and as the second.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from operations.upkeep import maintain_landing
from pilot.identifiers import new_identifier
from pilot.settings import read_settings
from storage.home import Home, open_home
from storage.landing.segments import SegmentName, Segments

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 21, tzinfo=UTC)
EDGES, PROBERS = ("edge1", "edge2"), ("watch", "probe")
BEFORE_MERGING = 3
SESSIONS, ROUNDS = 180, 2880


def opened(folder: Path) -> Home:
    return open_home(read_settings({"PILOT_HOME": str(folder / "home")}), kind="demo")


def put(segments: Segments, day: date, replica: str, count: int) -> None:
    for _ in range(count):
        identifier = new_identifier()
        body = f"{identifier}\n".encode()
        segments.put(SegmentName.of(body, day=day, replica=replica, identifier=identifier), body)


def land(home: Home, *, days: int) -> int:
    """Land the days and merge the past ones; return the number of merged segments."""
    guests, probes = home.segments(), home.probe_segments()
    for back in range(1, days):
        for segments, replicas in ((guests, EDGES), (probes, PROBERS)):
            for replica in replicas:
                put(segments, TODAY - timedelta(days=back), replica, BEFORE_MERGING)
    merged = 0
    while (done := maintain_landing(home, now=NOW)).days:
        merged += done.merged
    put(guests, TODAY, EDGES[0], SESSIONS)
    for prober in PROBERS:
        put(probes, TODAY, prober, ROUNDS)
    return merged


def poll(home: Home) -> dict[str, Any]:
    """Return the seconds of two polls of every day."""
    seconds = []
    for _ in range(2):
        began = time.process_time()
        days = {**home.segments().fingerprints(), **home.probe_segments().fingerprints()}
        seconds.append(round(time.process_time() - began, 3))
    return {"days": len(days), "first_poll_cpu_s": seconds[0], "second_poll_cpu_s": seconds[1]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder:
        print(json.dumps(poll(opened(given.folder))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        home = opened(Path(temporary))
        merged = land(home, days=given.days)
        words = [sys.executable, "-m", "benchmarks.platform.landing_year", "--folder", temporary]
        done = subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        objects = sum(1 for _ in (home.root / "landing").rglob("*.ndjson"))
        found = {"objects": objects, "merged": merged, **json.loads(done.stdout.splitlines()[-1])}
    print(json.dumps(found, indent=2 if given.json else None))


if __name__ == "__main__":
    main()
