"""Attack: keep one session alive beyond its limit by resuming it again and again.

It resumes from the newest snapshot, or always from the first one. Run it: `python -m tests.attacks.chained_resume`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import websockets

from pilot.settings import Settings
from storage.home import open_home
from storage.store.cafes import codes
from tests.attacks.output import silenced
from tests.voice_edge.replicas import Replica, eventually, running_replica

CHECKOUT = Path(__file__).parents[2]
EVERY_SECONDS = 100.0  # Below the idle limit.
MOST_RESUMES = 36  # An hour.


@dataclass(frozen=True, slots=True)
class Chain:
    """What the attack achieved.

    Attributes:
        resumes: Resumes that the edge accepted.
        lasted_seconds: From the session's first event to its last.
    """

    resumes: int
    lasted_seconds: float


async def attack(folder: Path, *, newest: bool) -> Chain:
    """Resume a session until it is refused, from the newest snapshot or always from the first."""
    home = open_home(Settings(home=folder / "home", cafes_file=CHECKOUT / "cafes.toml"))
    codes.issue(home.store(), cafe="aurora", label="table", actor="attack")
    async with running_replica(home) as replica:
        async with replica.page() as page:
            await page.begin("text")
            await page.write("Kaffet var kallt")
            await page.until("question", turn=2)
            page.socket.transport.abort()
        snapshot, session_id, resumes = page.snapshot, page.session_id, 0
        while resumes < MOST_RESUMES:
            await eventually(lambda: replica.edge.sessions.count == 0)
            await replica.clock.advance(EVERY_SECONDS)
            given = await _resumed(replica, snapshot)
            if given is None:
                break
            resumes += 1
            snapshot = given if newest else snapshot
        times = [event.at for event in replica.log.events if event.session_id == session_id]
        return Chain(resumes, (max(times) - min(times)).total_seconds())


async def _resumed(replica: Replica, snapshot: str) -> str | None:
    """Resume, edit, and break off; return the new snapshot, None if the edge refused."""
    async with replica.page() as page:
        if not (await page.hello(resume=snapshot))["resumed"]:
            return None
        try:
            await page.until("question")
            await page.send("edit", turn=1, text="Kaffet var ljummet")
            await page.until("ack", seq=0)
        except websockets.ConnectionClosed:
            return None
        page.socket.transport.abort()
    return page.snapshot


def main() -> None:
    """Run the attack and print its figures."""
    figures = {}
    for newest in (True, False):
        with tempfile.TemporaryDirectory() as folder, silenced():
            found = asyncio.run(attack(Path(folder), newest=newest))
        figures["newest snapshot" if newest else "first snapshot"] = [found.resumes, found.lasted_seconds]
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
