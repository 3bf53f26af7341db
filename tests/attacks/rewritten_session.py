"""Attack: rewrite a session after it was sent, and ask for the result of many texts.

The attacker keeps a snapshot from before the end, sends a poor answer, and then tries every way back in on two replicas
over one store: a resumed WebSocket, `/v1/rest`, and a tab that stayed open. Run it: `python -m
tests.attacks.rewritten_session`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import websockets

from pilot.settings import Settings
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from storage.home import Home, open_home
from storage.store.cafes import codes
from tests.attacks.output import silenced
from tests.events import raw_events
from tests.voice_edge.pages import Page
from tests.voice_edge.replicas import Replica, eventually, running_replica

CHECKOUT = Path(__file__).parents[2]
POOR = "Kaffet var kallt"
TEXTS = (
    "Bra kaffe",
    "Kardemummabullen var torr klockan elva, nästan hård i kanten. Baka en gång till efter lunch, så blir den som på "
    "morgonen, och ställ skylten om allergener vid kassan.",
)
WORDS = ("utterance_committed", "utterance_edited")


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What the attack achieved.

    Attributes:
        ways: Ways that were tried.
        events: Events with words recorded after the session was sent.
        results: Results of other texts that the attacker was given: completions after the first.
        points_sent: Points of the answer as it was sent.
        points_counted: Points that readers count after the attack.
    """

    ways: int
    events: int
    results: int
    points_sent: int
    points_counted: int


async def attack(folder: Path) -> Rewriting:
    """Send a session, then try to rewrite it in every way."""
    home = open_home(Settings(home=folder / "home", cafes_file=CHECKOUT / "cafes.toml"))
    codes.issue(home.store(), cafe="aurora", label="table", actor="attack")
    async with running_replica(home, name="edge1") as first, running_replica(home, name="edge2") as second:
        async with first.page() as page, second.page() as open_tab:
            await page.begin("text")
            await page.write(POOR)
            await page.until("question", turn=2)
            before = page.snapshot
            await open_tab.hello(resume=before)
            await open_tab.until("question")
            await page.send("finish")
            await page.until("completed")
            sent = points(home, first, second)
            await eventually(lambda: first.edge.receipts.waiting == 0)
            recorded = len(words(first, second))
            for replica in (first, second):
                replica.clock.jump(60.0)
            ways = [_in_tab(open_tab, text) for text in TEXTS]
            for replica in (first, second):
                for text in TEXTS:
                    ways += [_resumed(replica, before, text), _rest(replica, before, text)]
            for way in ways:  # One after another: each resume ends the one before it.
                await way
        completions = sum(replica.log.names().count("session_completed") for replica in (first, second))
        return Rewriting(
            ways=len(ways),
            events=len(words(first, second)) - recorded,
            results=completions - 1,
            points_sent=sent,
            points_counted=points(home, first, second),
        )


def words(*replicas: Replica) -> list[str]:
    """Return the names of the events with words."""
    return [name for replica in replicas for name in replica.log.names() if name in WORDS]


def points(home: Home, *replicas: Replica) -> int:
    """Return the points that the readers of the landing count for the session."""
    raw = raw_events([event for replica in replicas for event in replica.log.events])
    of_day = sessions(raw, as_of=datetime(2026, 11, 24, 12, tzinfo=UTC))
    return int(scored_feedback(of_day, turns(raw), cafes=home.cafes())["score"].item())


async def _edit_and_send(page: Page, text: str) -> None:
    await page.send("edit", turn=1, text=text)
    await page.send("finish")
    await page.until("completed")


async def _in_tab(page: Page, text: str) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        await _edit_and_send(page, text)


async def _resumed(replica: Replica, snapshot: str, text: str) -> None:
    async with replica.page() as page:
        await page.hello(resume=snapshot)
        await _in_tab(page, text)


async def _rest(replica: Replica, snapshot: str, text: str) -> None:
    headers = {"X-Pilot-Resume": snapshot, "Content-Type": "text/plain"}
    async with httpx.AsyncClient(timeout=30) as client:
        await client.post(f"{replica.url}/v1/rest", content=text.encode(), headers=headers)


def main() -> None:
    """Run the attack and print its figures."""
    with tempfile.TemporaryDirectory() as folder, silenced():
        found = asyncio.run(attack(Path(folder)))
    figures = {name: getattr(found, name) for name in Rewriting.__dataclass_fields__}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
