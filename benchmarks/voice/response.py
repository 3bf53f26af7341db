"""Response time at the client by stage, one spoken English session at a time, against a running pilot.

    pilot run                                   # in another terminal, same PILOT_HOME
    python benchmarks/voice/response.py --sessions 7  # 3 turns a session

The client is `pilot journey`: real speech in real time, its own clock, its own last voiced sample. The stages are the
edge's marks, in milliseconds after the last voiced sample as the edge heard it. Also printed: from `completed` to the
pilot's figures, in seconds and in CPU seconds of the pilot's processes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table as Grid

from cli.context import home
from pilot.business_days import session_day
from pilot.lake_tables.tables import TURNS

STAGES = {
    "soft end detected": "soft_end_ms",
    "recognition begun": "recognition_start_ms",
    "transcript there": "recognition_end_ms",
    "turn committed": "commit_ms",
    "first token": "first_token_ms",
    "answer sent": "sent_ms",
}


def journeys(count: int, *, cafe: str) -> list[dict[str, Any]]:
    """Make the journeys one after the other; every one must reach its end."""
    pilot = Path(sys.executable).with_name("pilot")
    made = []
    for _ in range(count):
        done = subprocess.run(
            [pilot, "journey", cafe, "--language", "en", "--json"], check=False, capture_output=True, text=True
        )
        if done.returncode != 0:
            sys.exit(done.stderr.strip() or done.stdout.strip())
        made.append(json.loads(done.stdout))
    return made


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=7)
    parser.add_argument("--cafe", default="aurora")
    given = parser.parse_args()
    made = journeys(given.sessions, cafe=given.cafe)
    sessions = [one["talk"]["session_id"] for one in made]
    response = [turn["response_ms"] for one in made for turn in one["talk"]["turns"] if turn["response_ms"] is not None]
    days = {session_day(session) for session in sessions}
    turns = (
        home().lake().read(TURNS, days=days).filter(pl.col("session_id").is_in(sessions) & (pl.col("mode") == "voice"))
    )
    grid = Grid("milliseconds after the last voiced sample", "turns", "p50", "p95")
    for name, column in STAGES.items():
        values = turns[column].drop_nulls().to_numpy()
        grid.add_row(name, str(len(values)), *(f"{np.percentile(values, q):.0f}" for q in (50, 95)))
    grid.add_row(
        "first words at the client", str(len(response)), *(f"{np.percentile(response, q):.0f}" for q in (50, 95))
    )
    console = Console()
    console.print(grid)
    seconds = [one["page_seconds"] for one in made]
    processor = [one["processor_seconds"] for one in made if one["processor_seconds"] is not None]
    console.print(
        f"{len(made)} sessions; from completed to the pilot's figures: p50 {np.percentile(seconds, 50):.1f} s, "
        f"most {max(seconds):.1f} s; CPU p50 {np.percentile(processor, 50):.1f} s, most {max(processor):.1f} s"
        if processor
        else f"{len(made)} sessions; to the figures p50 {np.percentile(seconds, 50):.1f} s, most {max(seconds):.1f} s"
    )


if __name__ == "__main__":
    main()
