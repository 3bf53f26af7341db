"""Several hosts with a home a role: nothing is shared but PostgreSQL, Redis and the object store.

    make prove-hosts

Two edges, the data host (Dagster's code server and its one daemon) and the watch have a home each. While customers
write, an edge's host is killed and replaced by one with an empty disk, the other one is cut off for half a minute, and
the data host is killed and started again. Then every feedback that was sent must be in the lake with its decision. What
was acknowledged and is lost with a disk is counted: an edge publishes an open log after 30 s.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.replicas.crowd import Crowd
from benchmarks.replicas.site import CHECKOUT, Replica, Site, end_replicas, running_site
from benchmarks.replicas.under_load import Events, figures, until_kept
from operations.system import free_port
from pilot.business_days import session_day
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSIONS
from storage.store.rewards import decisions

CUT_SECONDS = 30.0
STOP_SECONDS = 60.0
LAKE_SECONDS = 300.0
PILOT = (sys.executable, "-c", "from cli.main import main; main()")


class Role:
    """The processes of one role on a home of their own."""

    def __init__(self, site: Site, name: str, *processes: str, **settings: str) -> None:
        self._processes = processes
        self._environment: Mapping[str, str] = {
            **site.environment,
            "PYTHONPATH": str(CHECKOUT),
            "PILOT_HOME": str(site.folder / name),
            "PILOT_EDGE_PORT": str(free_port()),  # Nothing listens there: the edges are other hosts.
            "PILOT_SERVICES": f"edge=http://127.0.0.1:{site.replicas[0].port}",
            **settings,
        }
        self._log = site.folder / f"{name}.log"
        self._running: list[asyncio.subprocess.Process] = []

    async def start(self) -> None:
        """Prepare the home and start the processes."""
        with self._log.open("ab") as output:
            for arguments in (("prepare",), *(("process", name) for name in self._processes)):
                process = await asyncio.create_subprocess_exec(
                    *PILOT, *arguments, cwd=CHECKOUT, env=dict(self._environment), stdout=output,
                    stderr=subprocess.STDOUT, start_new_session=True,
                )  # fmt: skip
                if arguments == ("prepare",):
                    assert await process.wait() == 0, self._log.read_text("utf-8", "replace")[-2000:]
                else:
                    self._running.append(process)

    async def kill(self) -> None:
        """Kill the processes and all of their children without a warning."""
        for each in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.pid, 9)
            await each.wait()
        self._running.clear()


@asynccontextmanager
async def running_hosts(folder: Path) -> AsyncIterator[tuple[Site, Role, Role]]:
    """Run the edges, the data host and the watch until the end of the block."""
    async with running_site(folder) as site, AsyncExitStack() as roles:
        roles.push_async_callback(end_replicas, site)
        data = Role(site, "data", "code-server", "daemon")
        watch = Role(site, "watch", "watch")
        for role in (data, watch):
            roles.push_async_callback(role.kill)
            await role.start()
        yield site, data, watch


async def disturb(site: Site, data: Role, events: Events) -> None:
    """Kill and replace one edge's host, cut the other one off, kill the data host."""
    await asyncio.sleep(20.0)
    lost, other = site.replicas
    await lost.kill()
    fresh = Replica("edge3", lost.port, dict(lost.environment), site.folder / "edge3.log")
    fresh.environment |= {"PILOT_HOME": str(site.folder / "edge3"), "PILOT_REPLICA": "edge3"}
    site.replicas[0] = fresh  # `running_hosts` ends it.
    await fresh.start()
    events.note("edge1's host killed; edge3 with an empty disk starts in its place")
    await fresh.ready()
    await asyncio.sleep(15.0)
    other.freeze()
    events.note("edge2's host cut off")
    await asyncio.sleep(CUT_SECONDS)
    other.thaw()
    events.note("edge2's host is back")
    await data.kill()
    events.note("the data host killed")
    await data.start()
    events.note("the data host started again")


async def in_lake(site: Site, sessions: set[str]) -> tuple[int, int, float]:
    """Wait until the sent sessions are in the lake and decided; return both counts and the seconds."""
    began = time.monotonic()
    while True:
        scored, decided = await asyncio.to_thread(_built, site, sessions)
        took = time.monotonic() - began
        if min(scored, decided) == len(sessions) or took > LAKE_SECONDS:
            return scored, decided, took
        await asyncio.sleep(3.0)


def _built(site: Site, sessions: set[str]) -> tuple[int, int]:
    lake, store = site.home.lake(), site.home.store()
    if any(lake.version(table) is None for table in (SCORED_FEEDBACK, SESSIONS)):
        return 0, 0
    rows = lake.read(SCORED_FEEDBACK)
    found = set(rows["session_id"]) & sessions
    return len(found), sum(decisions.find(store, each) is not None for each in sessions)


def reported(home: Path) -> list[str]:
    """Return the kinds of alerts that the watch recorded in its home."""
    lines = [line for path in (home / ".run").glob("*.ndjson") for line in path.read_text("utf-8").splitlines()]
    return sorted({str(json.loads(line).get("name")) for line in lines})


async def prove(*, writers: int, seconds: float) -> dict[str, Any]:
    """Run the hosts and the disturbances; return the figures."""
    with tempfile.TemporaryDirectory(prefix="pilot-hosts-") as folder:
        async with running_hosts(Path(folder)) as (site, data, _):
            crowd, events = Crowd(site), Events()
            disturbing = asyncio.create_task(disturb(site, data, events))
            await crowd.visit(writers=writers, talkers=0, seconds=seconds)
            await disturbing
            found, _ = await until_kept(site, crowd)
            sent = {each.sessions[0] for each in crowd.written if each.completed is not None}
            assert len({session_day(each) for each in sent}) == 1, "run it again after midnight"
            scored, decided, took = await in_lake(site, sent)
            return figures(crowd, found) | {
                "sent": len(sent),
                "in_the_lake": scored,
                "decided": decided,
                "lake_caught_up_after_s": round(took, 1),
                "reported_by_the_watch": reported(site.folder / "watch"),
                "events": events.lines,
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writers", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=120.0)
    given = parser.parse_args()
    found = asyncio.run(prove(writers=given.writers, seconds=given.seconds))
    print(json.dumps(found, indent=2, ensure_ascii=False))
    good = found["sent"] == found["in_the_lake"] == found["decided"] and not found["sessions_lost"]
    print("Every feedback that was sent is in the lake, with its decision." if good else "Not everything arrived.")
    sys.exit(not good)


if __name__ == "__main__":
    main()
