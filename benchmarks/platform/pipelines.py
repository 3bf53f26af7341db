"""CPU seconds of a large day from raw events to sessions, turns and KPIs; no lake, no scorer.

The day is a whole visit and an abandoned one, repeated with different identifiers.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pilot.cafes import parse_cafes  # noqa: E402
from pilot.lake_tables.tables import CUSTOMER_COUNTS  # noqa: E402
from pipelines.feedback.sessions import sessions  # noqa: E402
from pipelines.feedback.turns import turns  # noqa: E402
from pipelines.figures.kpis import pilot_kpis  # noqa: E402
from pipelines.figures.uptime import uptime  # noqa: E402
from pipelines.shapes import schema  # noqa: E402
from tests.events import MORNING, Story, raw_events, whole_visit  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sessions", type=int, nargs="?", default=100_000)
    count = parser.parse_args().sessions
    visit_events = raw_events(
        whole_visit(), Story("goteborg").opens().starts().consents().says("Kön var lång.").leaves()
    )
    copies = pl.DataFrame({"copy": pl.arange(0, count // 2, eager=True).cast(pl.String)})
    raw = visit_events.join(copies, how="cross").with_columns(
        session_id=pl.col("session_id") + pl.col("copy"), event_id=pl.col("event_id") + pl.col("copy")
    )
    raw = raw.drop("copy").sample(fraction=1.0, shuffle=True, seed=1)
    cafes = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
    as_of = MORNING.replace(hour=20)
    day = MORNING.date()
    print(f"{count} sessions, {raw.height} events, Polars {pl.__version__}, {pl.thread_pool_size()} threads")
    began = time.process_time()
    visits = sessions(raw, as_of=as_of)
    print(f"sessions  {time.process_time() - began:6.2f} CPU s")
    began = time.process_time()
    said = turns(raw)
    print(f"turns     {time.process_time() - began:6.2f} CPU s")
    began = time.process_time()
    service = uptime(raw, day=day, as_of=as_of, cafes=cafes)
    counts = pl.DataFrame(schema=schema(CUSTOMER_COUNTS))
    pilot_kpis(day=day, as_of=as_of, cafes=cafes, sessions=visits, turns=said, uptime=service, customer_counts=counts)
    print(f"KPIs      {time.process_time() - began:6.2f} CPU s")
    print(f"largest resident memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


if __name__ == "__main__":
    main()
