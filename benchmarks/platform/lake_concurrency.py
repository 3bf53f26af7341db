"""Whether the lake holds when many write and read it at once, each in a process of its own.

    .venv/bin/python -m benchmarks.platform.lake_concurrency --seconds 60 [--json] [--lake ADDRESS]

Four writers replace a day each, two more the same fifth day, four readers query all days, and one does the lake's
upkeep. Each write is a *generation*: so many rows, all with its number. A reader's day must be of one generation,
whole, with no key twice, and of a writer's own day never of an older one than it saw before. In the end each day holds
the last generation that was acknowledged, and no two writes were told the same version. Exit code 1 otherwise.

A writer of the shared day may be told that others were always first (`LakeUnavailable`, nothing written): that is
explained, counted, and tried again. Anything else that is raised is not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pilot.lake_tables.columns import CAFE, DAY, Column, Table
from storage.errors import LakeUnavailable
from storage.lake import Lake, polars_schema
from storage.lake_upkeep import maintain_table

GENERATIONS = Table(
    "generations",
    "One row of one write, for this proof.",
    ("row",),
    (
        DAY,
        Column("row", "integer", "Its number within the write."),
        CAFE,
        Column("generation", "integer", "The write that made it."),
        Column("rows", "integer", "How many rows the write has."),
    ),
)
FIRST_DAY = date(2026, 11, 23)
OWN_DAYS = 4
SHARING_WRITERS = 2
READERS = 4
STRIDE = 1_000_000  # more writes than a writer gets to
FEWEST_ROWS, MORE_ROWS = 300, 97
UPKEEP_PAUSE_SECONDS = 1.0
SEEN = """SELECT day, count(*) AS found, count(DISTINCT "row") AS keys, count(DISTINCT generation) AS generations,
max(generation) AS generation, max("rows") AS promised FROM generations GROUP BY day ORDER BY day"""


@dataclass
class WorkerReport:
    """What one process did and saw.

    Attributes:
        role: own, shared, reader or upkeep.
        day: A writer's day.
        done: Writes acknowledged, queries answered, or rounds of upkeep.
        versions: The versions that a writer was told.
        last: The last generation that a writer was told is written.
        gave_up: How often a writer was told that others were always first.
        torn: What a reader saw that was not one whole generation.
        went_back: How often a reader saw a writer's own day older than before.
        errors: Exceptions that nothing explains, by kind.
        slowest_s: The slowest write or query.
    """

    role: str
    day: str = ""
    done: int = 0
    versions: list[int] = field(default_factory=list)
    last: int = -1
    gave_up: int = 0
    torn: list[str] = field(default_factory=list)
    went_back: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0


def frame(day: date, generation: int) -> pl.DataFrame:
    """Return a generation's rows."""
    rows = FEWEST_ROWS + generation % MORE_ROWS
    return pl.DataFrame(
        {
            "day": [day] * rows,
            "row": range(rows),
            "cafe": [("aurora", "goteborg")[number % 2] for number in range(rows)],
            "generation": [generation] * rows,
            "rows": [rows] * rows,
        },
        schema=polars_schema(GENERATIONS),
    )


def write(lake: Lake, outcome: WorkerReport, *, day: date, writer: int, over: Any, writes: int | None) -> None:
    """Replace a day again and again, until it is over or so many writes were acknowledged."""
    turn = 0
    while not over.is_set() and (writes is None or outcome.done < writes):
        generation = writer * STRIDE + turn
        turn += 1
        began = time.monotonic()
        try:
            version = lake.replace_partition(GENERATIONS, day, frame(day, generation), commit={"run": str(generation)})
        except LakeUnavailable:
            outcome.gave_up += 1
            continue
        outcome.slowest_s = max(outcome.slowest_s, time.monotonic() - began)
        outcome.done += 1
        outcome.versions.append(version)
        outcome.last = generation


def read(lake: Lake, outcome: WorkerReport, *, over: Any) -> None:
    """Query every day until it is over, and hold what is seen against what must be true."""
    newest: dict[date, int] = {}
    shared = FIRST_DAY + timedelta(days=OWN_DAYS)
    while not over.is_set():
        began = time.monotonic()
        with lake.snapshot(GENERATIONS) as snapshot:
            rows = snapshot.sql(SEEN).to_dicts()
        outcome.slowest_s = max(outcome.slowest_s, time.monotonic() - began)
        outcome.done += 1
        for row in rows:
            if not (row["found"] == row["keys"] == row["promised"] and row["generations"] == 1):
                outcome.torn.append(str(row))
            if row["day"] != shared and row["generation"] < newest.get(row["day"], -1):
                outcome.went_back += 1
            newest[row["day"]] = row["generation"]


def tidy(lake: Lake, outcome: WorkerReport, *, over: Any) -> None:
    """Do the table's upkeep until it is over."""
    while not over.wait(UPKEEP_PAUSE_SECONDS):
        maintain_table(lake, GENERATIONS, now=datetime.now(UTC))
        outcome.done += 1


def work(role: str, number: int, address: str, over: Any, writes: int | None, answers: Any) -> None:
    """Run one process to its end and tell what came of it."""
    lake, outcome = Lake(address), WorkerReport(role)
    try:
        if role == "reader":
            read(lake, outcome, over=over)
        elif role == "upkeep":
            tidy(lake, outcome, over=over)
        else:
            day = FIRST_DAY + timedelta(days=min(number, OWN_DAYS))
            outcome.day = day.isoformat()
            write(lake, outcome, day=day, writer=number, over=over, writes=writes)
    except Exception as error:  # whatever it is, nothing explains it
        outcome.errors[f"{type(error).__name__}: {error}"] += 1
    answers.put(outcome)


def run(address: str, *, seconds: float | None = None, writes: int | None = None) -> list[WorkerReport]:
    """Let all processes work on a lake, for some time or until each writer has written so often.

    Args:
        address: The lake's folder or address.
        seconds: For how long.
        writes: How often each writer writes, where no time is given.
    """
    context = multiprocessing.get_context("spawn")
    over, answers = context.Event(), context.Queue()
    writers = [("own", number) for number in range(OWN_DAYS)]
    writers += [("shared", OWN_DAYS + number) for number in range(SHARING_WRITERS)]
    others = [("reader", number) for number in range(READERS)] + [("upkeep", 0)]
    processes = [
        context.Process(target=work, args=(role, number, address, over, writes, answers), daemon=True)
        for role, number in (*writers, *others)
    ]
    for process in processes:
        process.start()
    outcome: list[WorkerReport] = []
    if seconds is not None:
        time.sleep(seconds)
        over.set()
    while sum(each.role in ("own", "shared") for each in outcome) < len(writers):
        outcome.append(answers.get())
    over.set()
    while len(outcome) < len(processes):
        outcome.append(answers.get())
    for process in processes:
        process.join()
    return outcome


def verdict(address: str, outcome: list[WorkerReport]) -> dict[str, Any]:
    """Return what came of it, with everything that is wrong under `faults`."""
    lake = Lake(address)
    with lake.snapshot(GENERATIONS) as snapshot:
        left = {row["day"].isoformat(): row for row in snapshot.sql(SEEN).to_dicts()}
    last: dict[str, set[int]] = {}
    for each in outcome:
        if each.day and each.last >= 0:
            last.setdefault(each.day, set()).add(each.last)
    versions = Counter(version for each in outcome for version in each.versions)
    faults = [f"torn: {row}" for each in outcome for row in each.torn]
    faults += [f"{each.role} {each.day}: {error}" for each in outcome for error in each.errors]
    faults += [f"a reader went back {each.went_back} times" for each in outcome if each.went_back]
    faults += [f"version {version} was told {count} times" for version, count in versions.items() if count > 1]
    faults += [
        f"{day} holds generation {left[day]['generation'] if day in left else 'none'}, expected one of {sorted(known)}"
        for day, known in last.items()
        if day not in left or left[day]["generation"] not in known
    ]
    faults += [
        f"{day} holds {row['found']} rows of {row['generations']} generations, expected {row['promised']} of one"
        for day, row in left.items()
        if not (row["found"] == row["keys"] == row["promised"] and row["generations"] == 1)
    ]
    idle = [each.role for each in outcome if not each.done and each.role != "upkeep"]
    faults += [f"a process of role {role} came to nothing" for role in idle]
    by_role = {role: [each for each in outcome if each.role == role] for role in ("own", "shared", "reader", "upkeep")}
    return {
        "holds": not faults,
        "faults": faults,
        "writes_own_days": sum(each.done for each in by_role["own"]),
        "writes_shared_day": sum(each.done for each in by_role["shared"]),
        "told_that_others_were_first": sum(each.gave_up for each in outcome),
        "queries": sum(each.done for each in by_role["reader"]),
        "rounds_of_upkeep": sum(each.done for each in by_role["upkeep"]),
        "slowest_write_s": round(max(each.slowest_s for each in (*by_role["own"], *by_role["shared"])), 3),
        "slowest_query_s": round(max(each.slowest_s for each in by_role["reader"]), 3),
        "last_version": lake.version(GENERATIONS),
    }


def main() -> None:
    """Run it and print what it came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--lake", help="a folder or address to use and leave there; else a temporary folder")
    parser.add_argument("--json", action="store_true", help="for a machine")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lake-concurrency-") as folder:
        address = arguments.lake or str(Path(folder) / "lake")
        outcome = run(address, seconds=arguments.seconds)
        result = verdict(address, outcome)
    if arguments.json:
        print(json.dumps({**result, "processes": [_short(each) for each in outcome]}, indent=2, ensure_ascii=False))
    else:
        for name, value in result.items():
            print(f"{name}: {value}")
    if not result["holds"]:
        sys.exit(1)


def _short(each: WorkerReport) -> dict[str, Any]:
    return {**asdict(each), "versions": len(each.versions), "errors": dict(each.errors)}


if __name__ == "__main__":
    main()
