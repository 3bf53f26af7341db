"""A long load: memory growth, sessions without an end, and the effect of bad clients on good ones.

    python -m benchmarks.voice.soak --sessions 5 --minutes 30 --json

Phases of equal length take turns: without and with two clients in the places of two guests, one that reads a byte a
second and one that vanishes while it speaks. The edge runs in a process and a home of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.voice.disturbers import DISTURBERS, disturb
from benchmarks.voice.own_edge import OwnEdge, own_edge
from pilot.business_days import session_day
from proving.load.figures import load_figures
from proving.load.making import Load, Plan, generate_load
from proving.load.marks import ENDINGS
from proving.load.running import UTTERANCES
from proving.load.utterances import default_utterances
from proving.load.watching import ResourceSample, watch_process
from storage.landing.days import read_day

MARK_SECONDS = 300.0
WARM_SHARE = 0.2  # The first part fills caches and pools; the slope is of the rest.
# A resumable session is given up by the edge after its snapshot's life at the latest; a frozen line after its pings.
SETTLE_SECONDS = 60.0
GAUGES = r"^(edge_\w*(?:tasks|open|depth|waiting)\w*|process_open_fds|process_resident_memory_bytes) (\S+)$"
FLAT_MIB_AN_HOUR = 20.0
SHORTEST_SLOPE_SECONDS = 600.0  # A shorter run still fills caches and pools: its slope says nothing.


async def soak(*, sessions: int, minutes: float, seed: int = 1, phases: int = 4) -> dict[str, Any]:
    """Make the load in phases and return what the edge did over all of them."""
    utterances = default_utterances("en", count=UTTERANCES, seed=seed)
    length = minutes * 60 / phases
    done: list[tuple[bool, Load]] = []
    async with own_edge() as edge:
        at_start = await _gauges(edge)
        async with watch_process(edge.pid) as watch:
            for phase in range(phases):
                with_disturbers = phase % 2 == 1
                print(f"phase {phase + 1} of {phases}{', disturbed' if with_disturbers else ''}", file=sys.stderr)
                plan = Plan(
                    url=edge.url,
                    code=edge.code,
                    # Bad clients take places of good ones: what they cost by talking at all is in both figures.
                    guests=max(1, sessions - DISTURBERS) if with_disturbers else sessions,
                    seconds=length,
                    utterances=utterances,
                    seed=seed * 1000 + phase,
                )
                load = await _phase(plan, disturbed=with_disturbers, utterances=utterances)
                done.append((with_disturbers, load))
            for _ in range(int(SETTLE_SECONDS)):
                gauges = await _gauges(edge)
                if not gauges.get("edge_sessions_open"):
                    break
                await asyncio.sleep(1.0)
        samples = watch.samples
        guests = {each.session_id for _, load in done for each in load.conversations if each.session_id}
        await asyncio.sleep(3.0)  # The last log is sealed a second after its session.
        endings = await asyncio.to_thread(_endings, edge, guests)
    slope = _slope(samples)
    return {
        "simulated": True,
        "sessions": sessions,
        "minutes": minutes,
        "marks": [asdict(sample) for sample in _marks(samples)],
        "memory_mib_an_hour": slope,
        "flat": None if slope is None else slope < FLAT_MIB_AN_HOUR,
        "gauges_at_start": at_start,
        "gauges_at_end": gauges,
        "endings": endings,
        "undisturbed": _side([load for disturbed, load in done if not disturbed]),
        "disturbed": _side([load for disturbed, load in done if disturbed]),
    }


async def _phase(plan: Plan, *, disturbed: bool, utterances: Sequence[Any]) -> Load:
    bad = None
    if disturbed:
        bad = asyncio.create_task(disturb(plan.url, code=plan.code, utterances=utterances, seed=plan.seed))
    try:
        return await generate_load(plan)
    finally:
        if bad is not None:
            bad.cancel()
            results = await asyncio.gather(bad, return_exceptions=True)
            if isinstance(results[0], Exception):
                raise results[0]


def _side(loads: Sequence[Load]) -> dict[str, Any] | None:
    if not loads:
        return None
    together = Load(plan=loads[0].plan, began_at=loads[0].began_at)
    for load in loads:
        together.conversations += load.conversations
        together.late_ms.extend(load.late_ms)
        together.seconds += load.seconds
        together.own_cpu_seconds += load.own_cpu_seconds
    found = load_figures(together, None)
    wanted = ("seconds", "conversations", "response_ms", "turns", "failures", "generator")
    return {name: found[name] for name in wanted}


def _marks(samples: Sequence[ResourceSample]) -> list[ResourceSample]:
    """Return the samples at the start, every five minutes, and at the end."""
    found, due = [], 0.0
    for sample in samples:
        if sample.at_seconds >= due:
            found.append(sample)
            due += MARK_SECONDS
    return [*found, *samples[-1:]]


def _slope(samples: Sequence[ResourceSample]) -> float | None:
    warm = [sample for sample in samples if sample.at_seconds >= samples[-1].at_seconds * WARM_SHARE] if samples else []
    if not samples or samples[-1].at_seconds < SHORTEST_SLOPE_SECONDS:
        return None
    at = np.asarray([sample.at_seconds for sample in warm])
    memory = np.asarray([sample.memory_mib for sample in warm])
    return round(float(np.polyfit(at, memory, 1)[0]) * 3600, 2)


async def _gauges(edge: OwnEdge) -> dict[str, float]:
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{edge.url}/metrics")).text
    return {name: float(value) for name, value in re.findall(GAUGES, text, flags=re.MULTILINE)}


def _endings(edge: OwnEdge, guests: set[str]) -> dict[str, Any]:
    """Count how the sessions in the landing ended: the guests' and the disturbers'."""
    days = {session_day(session) for session in guests}
    started, ended = set(), {}
    for day in days:
        for row in read_day(edge.home.segments(), day).frame.iter_rows(named=True):
            if row["event"] == "session_started":
                started.add(row["session_id"])
            elif row["event"] in ENDINGS:
                reason = json.loads(row["data"]).get("reason", "")
                ended[row["session_id"]] = f"{row['event']} {reason}".strip()
    others = started - guests
    return {
        "guests": dict(Counter(ended.get(each, "without an event") for each in guests)),
        "disturbers": dict(Counter(ended.get(each, "without an event") for each in others)),
    }


def show(found: dict[str, Any]) -> None:
    console = Console(highlight=False)
    grid = Table(title="the edge's process")
    for column in ("s", "memory MiB", "open files", "threads", "CPU s"):
        grid.add_column(column, justify="right")
    for mark in found["marks"]:
        grid.add_row(*(f"{mark[name]:g}" for name in ("at_seconds", "memory_mib", "files", "threads", "cpu_seconds")))
    console.print(grid)
    for name in ("memory_mib_an_hour", "flat", "gauges_at_start", "gauges_at_end", "endings"):
        console.print(f"{name}: {found[name]}", markup=False)
    for name in ("undisturbed", "disturbed"):
        side = found[name]
        if side:
            console.print(
                f"{name}: {side['response_ms']}, {side['conversations']}, failures {side['failures'] or 'none'}",
                markup=False,
            )
            for doubt in side["generator"]["doubts"]:
                console.print(f"  NOT TO BE TRUSTED: {doubt}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--phases", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = asyncio.run(soak(sessions=given.sessions, minutes=given.minutes, seed=given.seed, phases=given.phases))
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)


if __name__ == "__main__":
    main()
