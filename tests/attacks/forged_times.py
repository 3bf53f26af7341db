"""Attack: claim that each answer was shown after 1 ms, while the edge needs five seconds.

Run it: `python -m tests.attacks.forged_times`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pilot.settings import Settings
from pipelines.feedback.turns import turns
from storage.home import open_home
from storage.store.cafes import codes
from tests.attacks.output import silenced
from tests.events import raw_events
from tests.voice_edge.replicas import eventually, running_replica

CHECKOUT = Path(__file__).parents[2]
CLAIMED_MS = 1.0
REPLY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Forgery:
    """What the attack achieved.

    Attributes:
        claims: Forged marks.
        counted: Voice turns that count for the response time.
        in_time: Those counted as answered within two seconds.
        left_out: Those that the edge counted as implausible.
    """

    claims: int
    counted: int
    in_time: int
    left_out: int


async def attack(folder: Path, *, guests: int = 3) -> Forgery:
    """Let some guests speak one turn each, and forge its mark."""
    home = open_home(Settings(home=folder / "home", cafes_file=CHECKOUT / "cafes.toml"))
    codes.issue(home.store(), cafe="aurora", label="table", actor="attack")
    async with running_replica(home) as replica:
        replica.interviewer.seconds = REPLY_SECONDS
        for guest in range(guests):
            async with replica.page() as page:
                await page.begin("voice")
                await page.speak()
                reply = await replica.clock.run_until(page.until("reply", final=True), step=0.2)
                await page.send("shown", turn=1, at_ms=reply["speech_end_page_ms"] + CLAIMED_MS)
                await eventually(lambda: len(replica.log.data("reply_shown")) > guest)  # noqa: B023 - within the loop
                await page.send("leave")
                await page.closed()
        voice = turns(raw_events(replica.log.events)).filter(mode="voice")["within_target"].drop_nulls()
        left_out = replica.edge.metrics.registry.get_sample_value(
            "edge_ignored_total", {"kind": "implausible_response_time"}
        )
        return Forgery(guests, voice.len(), int(voice.sum()), int(left_out or 0))


def main() -> None:
    """Run the attack and print its figures."""
    with tempfile.TemporaryDirectory() as folder, silenced():
        found = asyncio.run(attack(Path(folder)))
    sys.stdout.write(json.dumps({name: getattr(found, name) for name in Forgery.__dataclass_fields__}) + "\n")


if __name__ == "__main__":
    main()
