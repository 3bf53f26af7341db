"""Many customers at once, each followed by another: those who write, and those who talk."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from benchmarks.replicas.site import Site
from benchmarks.replicas.writer import Writer, Written
from benchmarks.voice.phone import Phone, Visit
from proving.load.utterances import default_utterances

THOUGHT_SECONDS = (2.0, 7.0)
BETWEEN_SECONDS = 1.0
SPREAD_SECONDS = 8.0
VISIT_SECONDS = 300.0
REMAINING_SECONDS = 90.0  # For the talks that are open when the time is over.
# One sentence a turn, so that no two turns of a session say the same; no names and numbers, which would be redacted.
SENTENCES = (
    "Kaffet var {how} när jag satt vid {where}.",
    "Personalen verkade {how} och {where} var stökigt.",
    "Sätt gärna en skylt vid {where}, det känns {how} annars.",
    "Jag vill ha {how} musik nära {where} på eftermiddagen.",
)
HOW = (
    "kallt",
    "varmt",
    "beskt",
    "lugnt",
    "stressigt",
    "trevligt",
    "rörigt",
    "långsamt",
    "gott",
    "tomt",
    "ljust",
    "mörkt",
)
WHERE = (
    "fönstret",
    "disken",
    "dörren",
    "trappan",
    "kassan",
    "barnvagnarna",
    "soffan",
    "uteplatsen",
    "toaletten",
    "hyllan",
)


@dataclass
class Crowd:
    """The customers of a run.

    Attributes:
        written: Visits in writing.
        spoken: Visits by voice.
    """

    site: Site
    seed: int = 1
    written: list[Written] = field(default_factory=list)
    spoken: list[Visit] = field(default_factory=list)
    under_way: list[Writer] = field(default_factory=list)

    async def visit(self, *, writers: int, talkers: int, seconds: float) -> None:
        """Send customers for some seconds, and wait for the last ones."""
        ends = time.monotonic() + seconds
        utterances = itertools.cycle(default_utterances("en", count=40, seed=self.seed))
        tasks = [asyncio.create_task(self._writes(number, ends)) for number in range(writers)]
        tasks += [asyncio.create_task(self._talks(utterances, ends)) for _ in range(talkers)]
        _, late = await asyncio.wait(tasks, timeout=seconds + REMAINING_SECONDS)
        for each in late:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _writes(self, number: int, ends: float) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        await asyncio.sleep(chance.uniform(0.0, SPREAD_SECONDS))
        for visit in itertools.count():
            if time.monotonic() > ends:
                return
            writer = Writer(
                url=self.site.url, code=self.site.code, texts=said(chance),
                thought=lambda: chance.uniform(*THOUGHT_SECONDS), device=f"benchmark/{number}.{visit}",
            )  # fmt: skip
            self.under_way.append(writer)
            try:
                with suppress(OSError):
                    await writer.hold()
            finally:
                self.under_way.remove(writer)
                self.written.append(writer.visit)
            await asyncio.sleep(BETWEEN_SECONDS)

    async def _talks(self, utterances: itertools.cycle, ends: float) -> None:  # type: ignore[type-arg]
        while time.monotonic() < ends:
            phone = Phone(
                address=lambda: self.site.url.replace("http", "ws", 1), code=self.site.code, utterances=utterances
            )
            try:
                await phone.hold(seconds=VISIT_SECONDS)
            finally:
                self.spoken.append(phone.visit)
            await asyncio.sleep(BETWEEN_SECONDS)

    def promised(self) -> list[Written]:
        """Return every visit that has a session; a talk's own words are compared by its events."""
        spoken = [
            Written(
                0.0, sessions=[each.session_id], acknowledged=each.acknowledged, connections=each.connections,
                resumed=each.resumed, completed=0.0 if each.completed else None,
            )
            for each in self.spoken
            if each.session_id
        ]  # fmt: skip
        return [each for each in self.written if each.sessions] + spoken


def said(chance: random.Random) -> tuple[str, ...]:
    """Return the answers of one visit."""
    return tuple(each.format(how=chance.choice(HOW), where=chance.choice(WHERE)) for each in SENTENCES)


def spread(seconds: Sequence[float]) -> str:
    """Return the median, the 95th percentile and the worst, in seconds."""
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    return f"p50 {statistics.median(ordered):.2f}, p95 {p95:.2f}, worst {ordered[-1]:.2f} s"
