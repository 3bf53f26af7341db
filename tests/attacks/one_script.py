"""One script that types honest-looking feedback for rewards, from one address or ten.

    python -m tests.attacks.one_script [--addresses 1 10] [--json]

A real edge in virtual time, a real store and the watch's own decisions; the trial is raised out of the way, so that the
figure is what the rules alone let through in an hour. Every session has a User-Agent of its own, an answer that another
author of the corpus wrote, and no token.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from operations.watch.money.overdue_rewards import decide_day
from pilot.business_days import session_day
from pilot.identifiers import new_identifier
from pilot.money import ORE_PER_KRONA
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.landing.segments import publish
from storage.store.cafes import cafe_states, trial_slots
from storage.store.cafes import codes as stored_codes
from storage.store.rewards import decisions
from tests.voice_edge.pages import Page
from tests.voice_edge.replicas import Replica, running_replica
from voice_edge.doors.limits import Limits

CHECKOUT = Path(__file__).parents[2]
CORPUS = CHECKOUT / "pipelines" / "language" / "corpus" / "sessions"
CAFE = "aurora"
CODES = 5
HOUR_S = 3600.0
SEND_S = 1.0  # from the answer to the press of "send"
DECIDE_AFTER = 1.1  # the growth of the sessions sent after which the watch decides again, at least 25
DECIDE_LEAST = 25
MOST_SESSIONS = 400  # of one address: the doors refuse it new ones after 200 an hour


@dataclass(frozen=True, slots=True)
class Script:
    """How a script works from each address.

    Attributes:
        name: Its name in the figures.
        at_once: Sessions open at the same time.
        characters_per_second: Its typing speed.
        pause_s: From the end of a wave to the next one.
        wave_s: The shortest time from the beginning of a wave to the next.
    """

    name: str
    at_once: int
    characters_per_second: float
    pause_s: float = 0.0
    wave_s: float = 0.0


SCRIPTS = (
    Script("as fast as it can", at_once=1, characters_per_second=1e6, pause_s=0.15),
    Script("ten at once, as fast as a hand", at_once=10, characters_per_second=8),
    Script("one after another, as fast as a hand", at_once=1, characters_per_second=8, pause_s=3),
    Script("waves of five, knowing every rule", at_once=5, characters_per_second=8, pause_s=65),
    Script("one every two and a half minutes", at_once=1, characters_per_second=8, pause_s=65, wave_s=150),
)


@dataclass(slots=True)
class Takings:
    """What a script took in an hour, or what guests were paid.

    Attributes:
        sent: Sessions sent.
        refused: Sessions that the doors refused.
        eligible: Rewards issued.
        held: Rewards that wait for a person.
        kronor: The sum of the rewards issued.
        slots: Slots of the café's trial in use afterwards.
    """

    sent: int = 0
    refused: int = 0
    eligible: int = 0
    held: int = 0
    kronor: int = 0
    slots: int = 0


@dataclass(frozen=True, slots=True)
class Typist:
    """One session to type: when it opens, from where, and how fast."""

    opens_s: float
    address: str
    user_agent: str
    text: str
    characters_per_second: float
    reads_s: float = 0.0

    @property
    def sends_s(self) -> float:
        return self.opens_s + self.reads_s + len(self.text) / self.characters_per_second


def answers() -> list[str]:
    """Return different honest answers that earn a reward, by the authors that are not sealed."""
    found = []
    for file in sorted(CORPUS.glob("w*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["eligible"] and row["kind"] == "genuine" and row["language"] == "sv":
                found.append(" ".join(row["turns"]))
    return found


def addresses(count: int) -> list[str]:
    """Return so many addresses, of the range for documentation."""
    return [f"198.51.100.{number + 1}" for number in range(count)]


def scripted(script: Script, *, at: Sequence[str], seconds: float = HOUR_S) -> list[Typist]:
    """Return the sessions of a script from each address within a time."""
    texts = answers()
    found: list[Typist] = []
    for where, address in enumerate(at):
        begins, number = 0.0, 0
        while begins < seconds and number < MOST_SESSIONS:
            ends = begins
            for lane in range(script.at_once):
                taken = number * len(at) + where
                typist = Typist(
                    opens_s=begins + lane * 0.01,
                    address=address,
                    user_agent=f"Browser {address} {number}",
                    text=texts[taken % len(texts)],
                    characters_per_second=script.characters_per_second,
                    reads_s=0.0 if script.characters_per_second > 1e3 else SEND_S,
                )
                ends = max(ends, typist.sends_s)
                found.append(typist)
                number += 1
            begins = max(ends + SEND_S * (script.characters_per_second < 1e3) + script.pause_s, begins + script.wave_s)
    return found


async def type_sessions(replica: Replica, home: Home, typists: Sequence[Typist]) -> Takings:
    """Type sessions into the edge in virtual time, decide as the watch does, and return what they earned."""
    takings, decide_at = Takings(), DECIDE_LEAST
    codes = [code.code for code in stored_codes.active(home.store()) if code.cafe == CAFE]
    open_pages: dict[int, Page] = {}
    async with AsyncExitStack() as sockets:
        for at, which, step in _steps(typists):
            await replica.clock.advance(max(0.0, at - replica.clock.monotonic()))
            typist = typists[which]
            if step == "open":
                headers = {"X-Forwarded-For": typist.address, "User-Agent": typist.user_agent}
                page = await sockets.enter_async_context(replica.page(**headers))
                if await _begin(page, code=codes[which % len(codes)]):
                    open_pages[which] = page
                else:
                    takings.refused += 1
            elif (page := open_pages.pop(which, None) if step == "send" else open_pages.get(which)) is not None:
                if step == "write":
                    await page.write(typist.text)
                else:
                    await page.send("finish")
                    await page.until("completed")
                    await page.socket.close()
                    takings.sent += 1
                    if takings.sent >= decide_at:
                        await _decide(replica, home)
                        decide_at = max(takings.sent + DECIDE_LEAST, round(takings.sent * DECIDE_AFTER))
    await _decide(replica, home)
    return _counted(replica, home, takings)


def _steps(typists: Sequence[Typist]) -> Iterator[tuple[float, int, str]]:
    steps = []
    for which, typist in enumerate(typists):
        steps.append((typist.opens_s, 0, which, "open"))
        steps.append((typist.sends_s, 1, which, "write"))
        steps.append((typist.sends_s + SEND_S * (typist.characters_per_second < 1e3), 2, which, "send"))
    for at, _, which, step in sorted(steps):
        yield at, which, step


async def _begin(page: Page, *, code: str) -> bool:
    """Open a session up to its first question; return False if the doors refuse it."""
    client = {"browser": "Safari", "os": "iOS", "os_major": "26", "in_app": False}
    await page.send("hello", v=1, code=code, language="sv", client=client)
    while (first := (await page.receive())["type"]) not in ("welcome", "error"):
        pass
    if first == "error":
        return False
    await page.send("start", mode="text", language="sv")
    await page.send("consent", granted=True, version="2026-11", scope=["transcript"])
    while (first := (await page.receive())["type"]) not in ("question", "error"):
        pass
    return first == "question"


async def _decide(replica: Replica, home: Home) -> None:
    """Publish the edge's events, use the slots and decide, as the running processes do within seconds."""
    log = replica.log
    if log.events:
        await asyncio.to_thread(
            publish, home.segments(), log.events, replica="edge1", identifier=new_identifier(at=replica.clock.now())
        )
        day = session_day(log.events[0].session_id)
        log.events.clear()
        assert await replica.edge.doors.trials.settle_waiting()
        await asyncio.to_thread(decide_day, home, day, now=replica.clock.now() + timedelta(seconds=30))
    await replica.edge.doors.board.refresh()


def _counted(replica: Replica, home: Home, takings: Takings) -> Takings:
    made = decisions.of_day(home.store(), replica.clock.now().date())
    paid = [each for each in made if each.outcome == "eligible"]
    takings.eligible = len(paid)
    takings.held = sum(each.outcome == "held" for each in made)
    takings.kronor = sum(each.amount_ore for each in paid) // ORE_PER_KRONA
    takings.slots = trial_slots.usage(home.store(), replica.edge.cafe(CAFE)).used
    return takings


def new_home(folder: Path, *, trial: int = 100_000) -> Home:
    """Return a home with codes and a trial of `trial` slots."""
    home = open_home(Settings(home=folder, cafes_file=CHECKOUT / "cafes.toml"))
    for number in range(CODES):
        stored_codes.issue(home.store(), cafe=CAFE, label=f"table {number}", actor="test")
    cafe_states.set_trial_limit(home.store(), CAFE, limit=trial, actor="test", reason="the attack")
    return home


async def attack(home: Home, typists: Sequence[Typist]) -> Takings:
    """Return what some sessions earn at a fresh edge over `home`."""
    async with running_replica(home, limits=Limits(idle_seconds=1e9)) as replica:
        return await type_sessions(replica, home, typists)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--addresses", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--scripts", type=int, nargs="+", default=list(range(len(SCRIPTS))), help="their numbers")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    rows = []
    for script in (SCRIPTS[number] for number in arguments.scripts):
        for count in arguments.addresses:
            with tempfile.TemporaryDirectory() as folder:
                typists = scripted(script, at=addresses(count))
                takings = asyncio.run(attack(new_home(Path(folder) / "home"), typists))
            rows.append({"script": script.name, "addresses": count, **asdict(takings)})
            if not arguments.json:
                sys.stdout.write(f"{json.dumps(rows[-1])}\n")
    if arguments.json:
        sys.stdout.write(f"{json.dumps(rows, indent=2)}\n")


if __name__ == "__main__":
    main()
