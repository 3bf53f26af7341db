"""Each part away for a minute under load: PostgreSQL, Redis, the object store, one edge's host.

    make prove-parts-away
    python -m benchmarks.replicas.parts_away postgresql redis objects host --away 60

A part is stopped (the host is frozen: its sockets stay open and nothing answers) for some seconds while customers open
pages and write on two replicas, then it comes back. Printed for each: what customers saw before, meanwhile and
afterwards, what waited, and when everything was kept. What was kept is read from the object store and PostgreSQL
directly.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.replicas.crowd import Crowd, spread
from benchmarks.replicas.evidence import faults
from benchmarks.replicas.site import Replica, Site, client, running_site
from benchmarks.replicas.under_load import PAGE_SECONDS, figures, until_kept

BEFORE_SECONDS, AFTER_SECONDS = 20.0, 25.0
PARTS = ("postgresql", "redis", "objects", "host")
PHASES = ("before", "away", "after")


def switches(site: Site, part: str) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return what takes a part away and what brings it back."""
    victim: Replica = site.replicas[0]
    return {
        "postgresql": (site.postgresql.stop, site.postgresql.start),
        "redis": (site.redis.stop, site.redis.start),
        "objects": (site.objects.stop, site.objects.start),
        "host": (victim.freeze, victim.thaw),
    }[part]


class Phases:
    """The moments between which a part was there, away and back."""

    def __init__(self) -> None:
        self.moments = [time.monotonic()]

    def next(self) -> None:
        """Begin the next phase."""
        self.moments.append(time.monotonic())

    def of(self, at: float) -> str:
        """Return the phase of a moment."""
        return PHASES[max(0, min(sum(at >= each for each in self.moments), len(PHASES)) - 1)]


async def open_pages(site: Site, seen: list[tuple[float, str]], receipts: Callable[[], str]) -> None:
    """Open each second the café's page and the newest receipt, as customers do."""
    async with client(site) as browser:
        while True:
            began = time.monotonic()
            for name, path in (("page", f"/c/{site.code}"), ("receipt", receipts())):
                if path:
                    seen.append((began, f"{name} {await site.page(browser, path)}"))
            await asyncio.sleep(PAGE_SECONDS)


async def prove_part(site: Site, part: str, *, away_seconds: float, writers: int) -> dict[str, Any]:
    """Take one part away and bring it back under load; return the figures."""
    crowd, phases, pages = Crowd(site, seed=PARTS.index(part) + 1), Phases(), list[tuple[float, str]]()
    take, bring = switches(site, part)

    def newest() -> str:
        return next((each.receipt for each in reversed(crowd.written) if each.receipt), "")

    opening = asyncio.create_task(open_pages(site, pages, newest))
    total = BEFORE_SECONDS + away_seconds + AFTER_SECONDS
    visiting = asyncio.create_task(crowd.visit(writers=writers, talkers=0, seconds=total))
    await asyncio.sleep(BEFORE_SECONDS)
    phases.next()
    await asyncio.to_thread(take)
    try:
        await asyncio.sleep(away_seconds)
    finally:
        await asyncio.to_thread(bring)
    phases.next()
    back = time.monotonic()
    await visiting
    found, _ = await until_kept(site, crowd)
    kept_after = time.monotonic() - back
    opening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await opening
    return figures(crowd, found) | {
        "seen": {phase: seen_in(phase, crowd, phases, pages) for phase in PHASES},
        "last_visit_and_all_kept_after_s": round(kept_after, 1),
    }


def seen_in(phase: str, crowd: Crowd, phases: Phases, pages: list[tuple[float, str]]) -> dict[str, Any]:
    """Return what customers saw in a phase."""
    faults_seen: Counter[str] = Counter()
    for visit in crowd.written:
        faults_seen.update(f"{kind} {detail}".strip() for at, kind, detail in visit.seen if phases.of(at) == phase)
    waits = [wait for each in crowd.written for at, wait in each.waits if phases.of(at) == phase]
    return {
        "begun": sum(phases.of(each.began_at) == phase and bool(each.sessions) for each in crowd.written),
        "sent": sum(each.completed is not None and phases.of(each.completed) == phase for each in crowd.written),
        "pages": dict(Counter(kind for at, kind in pages if phases.of(at) == phase)),
        "wait_for_a_question": spread(waits),
        "noticed": dict(faults_seen.most_common()),
    }


async def prove(parts: list[str], *, away_seconds: float, writers: int) -> dict[str, Any]:
    """Prove each part on a site of its own."""
    found = {}
    for part in parts:
        print(f"{part} away for {away_seconds:g} s ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="pilot-parts-") as folder:
            async with running_site(Path(folder)) as site:
                found[part] = await prove_part(site, part, away_seconds=away_seconds, writers=writers)
        print(json.dumps({part: found[part]}, indent=2, ensure_ascii=False), flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--away", type=float, default=60.0, help="seconds")
    parser.add_argument("--writers", type=int, default=10)
    given = parser.parse_args()
    if unknown := [each for each in given.part if each not in PARTS]:
        parser.error(f"{', '.join(unknown)}: expected some of {', '.join(PARTS)}")
    found = asyncio.run(prove(given.part or list(PARTS), away_seconds=given.away, writers=given.writers))
    wrong = {part: faults(each) + ["sessions lost"] * bool(each["sessions_lost"]) for part, each in found.items()}
    for part, each in wrong.items():
        print(f"{part}: {'; '.join(each) or 'nothing acknowledged lost, nothing doubled, no session lost'}")
    sys.exit(any(wrong.values()))


if __name__ == "__main__":
    main()
