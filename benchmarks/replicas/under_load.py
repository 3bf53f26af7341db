"""Two replicas under load for ten minutes: one killed each minute, a reload, a rolling deployment.

    make prove-replicas
    python -m benchmarks.replicas.under_load --minutes 10 --writers 12 --talkers 2 --load-test 1

Each replica has a home of its own; they share PostgreSQL, Redis and an S3 store. Each minute one is killed (-9) and
started again at once. In the middle the proxy is reloaded, and each replica is stopped and replaced in turn.
Customers write and talk, and come back as the page does; `pilot load-test` runs beside them, whose customers never
come back. What was kept is read from the object store and PostgreSQL directly.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.replicas.crowd import Crowd, spread
from benchmarks.replicas.evidence import compared, faults, read_kept
from benchmarks.replicas.site import BUCKET, CHECKOUT, PREFIX_OF_LANDING, Site, client, running_site

MINUTE = 60.0
PUBLISHED_SECONDS = 120.0
PAGE_SECONDS = 1.0


class Events:
    """What was done to the site, and when."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(f"{time.monotonic() - self.began:5.0f} s  {text}")
        print(self.lines[-1], file=sys.stderr, flush=True)


async def disturb(site: Site, crowd: Crowd, events: Events, *, minutes: int) -> Counter[str]:
    """Kill one replica a minute; in the middle reload the proxy and replace each replica."""
    done: Counter[str] = Counter()
    for minute in range(1, minutes):
        await asyncio.sleep(max(0.0, events.began + minute * MINUTE - time.monotonic()))
        victim = site.replicas[minute % len(site.replicas)]
        open_now = len(crowd.under_way)
        await victim.kill()
        await victim.start()
        done["killed"] += 1
        events.note(f"{victim.name} killed (-9) and started again, {open_now} customers writing")
        if minute == minutes // 3:
            await asyncio.sleep(MINUTE / 2)
            await asyncio.to_thread(site.proxy.reload)
            done["reloads"] += 1
            events.note("the proxy reloaded")
        elif minute == minutes // 2:
            await victim.ready()
            for each in site.replicas:
                await each.replace()
                done["replaced"] += 1
                events.note(f"{each.name} replaced by the rolling deployment")
    return done


async def open_pages(site: Site, seen: Counter[str]) -> None:
    """Open the café's page each second, as a customer who scans the code."""
    async with client(site) as browser:
        while True:
            seen[await site.page(browser, f"/c/{site.code}")] += 1
            await asyncio.sleep(PAGE_SECONDS)


async def load_test(site: Site, *, guests: int, seconds: float) -> dict[str, Any]:
    """Run the command `pilot load-test` on the site."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from cli.main import main; main()", "load-test", "--json"),
        *("--concurrent", str(guests), "--duration", f"{seconds:g}s", "--url", site.url, "--code", site.code),
        cwd=CHECKOUT,
        env={**site.environment, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        out, _ = await process.communicate()
        text = out.decode()
        found: dict[str, Any] = json.loads(text[text.index("{\n") :])  # After lines of the log.
        return {"conversations": found["conversations"], "failures": found["failures"]}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def prove(*, minutes: int, writers: int, talkers: int, guests: int) -> dict[str, Any]:
    """Run the load and the disturbances; return the figures."""
    with tempfile.TemporaryDirectory(prefix="pilot-replicas-") as folder:
        async with running_site(Path(folder)) as site:
            crowd, events, pages = Crowd(site), Events(), Counter[str]()
            opening = asyncio.create_task(open_pages(site, pages))
            seconds = minutes * MINUTE
            tester = asyncio.create_task(load_test(site, guests=guests, seconds=seconds)) if guests else None
            disturbing = asyncio.create_task(disturb(site, crowd, events, minutes=minutes))
            await crowd.visit(writers=writers, talkers=talkers, seconds=seconds)
            done = await disturbing
            tested = await tester if tester is not None else None
            opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await opening
            found, took = await until_kept(site, crowd)
            return figures(crowd, found) | {
                "disturbances": dict(done),
                "pages": dict(pages),
                "all_kept_after_s": round(took, 1),
                "load_test": tested,
                "events": events.lines,
            }


async def until_kept(site: Site, crowd: Crowd) -> tuple[dict[str, Any], float]:
    """Compare until everything is there, at most for two minutes; return the result and its time."""
    began = time.monotonic()
    while True:
        kept = await asyncio.to_thread(
            read_kept, s3=site.objects.url, bucket=BUCKET, prefix=PREFIX_OF_LANDING,
            database=site.environment["PILOT_STORE_URL"],
        )  # fmt: skip
        found = compared(crowd.promised(), kept)
        took = time.monotonic() - began
        if not faults(found) or took > PUBLISHED_SECONDS:
            return found, took
        await asyncio.sleep(2.0)


def figures(crowd: Crowd, found: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the customers, and the comparison."""
    visits = crowd.promised()
    noticed: Counter[str] = Counter()
    for each in crowd.written:
        noticed += each.kinds()
    for spoken in crowd.spoken:
        noticed.update(f"{seen.what} {seen.detail}".strip() for seen in spoken.seen if _is_fault(seen.what))
    unfinished = [each for each in visits if each.completed is None]
    return {
        "visits": len(visits),
        "of_them_spoken": sum(bool(each.session_id) for each in crowd.spoken),
        "completed": len(visits) - len(unfinished),
        "sessions_lost": sum(not each.stopped for each in unfinished),
        "open_at_the_end": sum(each.stopped for each in unfinished),
        "never_opened": sum(not each.sessions for each in crowd.written),
        "resumed_connections": sum(each.resumed for each in visits),
        "resumed_sessions": sum(each.resumed > 0 for each in visits),
        **found,
        "wait_for_a_question": spread([wait for each in crowd.written for _, wait in each.waits]),
        "noticed": dict(noticed.most_common()),
    }


def _is_fault(what: str) -> bool:
    return what.startswith("error") or what in (
        "cannot connect", "connection closed", "the line is dead", "gives up", "time is over"
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--writers", type=int, default=12)
    parser.add_argument("--talkers", type=int, default=2)
    parser.add_argument("--load-test", type=int, default=1, help="customers of `pilot load-test`; 0 leaves it out")
    given = parser.parse_args()
    found = asyncio.run(
        prove(minutes=given.minutes, writers=given.writers, talkers=given.talkers, guests=given.load_test)
    )
    print(json.dumps(found, indent=2, ensure_ascii=False))
    wrong = faults(found) + ([f"sessions lost: {found['sessions_lost']}"] if found["sessions_lost"] else [])
    print("; ".join(wrong) or "No acknowledged word lost, none doubled, no session lost.")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
