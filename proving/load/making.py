"""Makes the load: so many guests, each one conversation after another, until the time is over."""

from __future__ import annotations

import asyncio
import random
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from proving.journey.connection import connected
from proving.journey.errors import JourneyFailed
from proving.load.guest import Guest, Manner
from proving.load.records import Conversation, Failure
from proving.load.utterances import Utterance
from proving.load.watching import Watched, watched

# Guests come one by one, or their first turns would all end in the same second.
ARRIVAL_SPREAD_SECONDS = 6.0
BETWEEN_VISITS_SECONDS = 1.0
REFUSED_PAUSE_SECONDS = 2.0
PROGRESS_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What the load is to be.

    Attributes:
        url: The edge's public address.
        code: The café's code.
        guests: How many talk at once.
        seconds: For how long conversations are begun.
        utterances: What they say, again and again, each guest in an order of its own.
        seed: Decides every order and pause.
        manner: How they talk.
    """

    url: str
    code: str
    guests: int
    seconds: float
    utterances: Sequence[Utterance]
    seed: int = 1
    manner: Manner = field(default_factory=Manner)


@dataclass(slots=True)
class Load:
    """A load that was made.

    Attributes:
        plan: What it was to be.
        began_at: When, UTC.
        seconds: How long it took.
        conversations: Every one, in the order in which they ended.
        late_ms: How late each audio frame left the generator.
        own_cpu_seconds: CPU seconds of the generator itself.
        edge: The edge's process, where it could be watched.
    """

    plan: Plan
    began_at: datetime
    seconds: float = 0.0
    conversations: list[Conversation] = field(default_factory=list)
    late_ms: array[float] = field(default_factory=lambda: array("f"))
    own_cpu_seconds: float = 0.0
    edge: Watched | None = None


async def make_load(plan: Plan, *, edge_pid: int | None = None, tell: Callable[[str], None] = lambda _: None) -> Load:
    """Make the load; what the edge refuses or breaks is counted, not raised.

    Args:
        plan: What it is to be.
        edge_pid: The edge's process, to be watched.
        tell: Called now and then with a line for a person.
    """
    load = Load(plan=plan, began_at=datetime.now(UTC))
    began, used = time.monotonic(), time.process_time()
    ends = began + plan.seconds
    async with watched(edge_pid) as load.edge, asyncio.TaskGroup() as group:
        guests = [group.create_task(_visits(load, number, ends=ends)) for number in range(plan.guests)]
        while (left := ends - time.monotonic()) > 0:
            await asyncio.wait(guests, timeout=min(left, PROGRESS_SECONDS))
            tell(_progress(load, seconds=time.monotonic() - began))
        for guest in guests:
            guest.cancel()
    load.seconds = time.monotonic() - began
    load.own_cpu_seconds = time.process_time() - used
    return load


async def _visits(load: Load, number: int, *, ends: float) -> None:
    plan = load.plan
    chance = random.Random(f"{plan.seed}/{number}")  # noqa: S311 - a plan that can be repeated
    utterances = _shuffled(plan.utterances, chance)
    await asyncio.sleep(chance.uniform(0.0, min(ARRIVAL_SPREAD_SECONDS, plan.seconds / 10)))
    visit = 0
    while time.monotonic() < ends:
        visit += 1
        try:
            # A device of its own each time, as guests have: one device may not hold two sessions or come without end.
            async with connected(plan.url, user_agent=f"pilot-load/{plan.seed}.{number}.{visit}") as connection:
                guest = Guest(
                    connection,
                    code=plan.code,
                    number=number,
                    manner=plan.manner,
                    utterances=utterances,
                    chance=chance,
                )
                try:
                    await guest.converse()
                finally:
                    load.conversations.append(guest.conversation)
                    load.late_ms.extend(guest.microphone.late_ms)
        except JourneyFailed as error:
            # It hung up within `converse` is seen there; what is left is a connection that never came to be.
            load.conversations.append(Conversation(guest=number, failures=[Failure("refused", error.what)]))
            await asyncio.sleep(REFUSED_PAUSE_SECONDS)
        await asyncio.sleep(BETWEEN_VISITS_SECONDS)


def _shuffled(utterances: Sequence[Utterance], chance: random.Random) -> Iterator[Utterance]:
    while True:
        yield from chance.sample(list(utterances), k=len(utterances))


def _progress(load: Load, *, seconds: float) -> str:
    done = [each for each in load.conversations if not each.stopped]
    turns = sum(turn.response_ms is not None for each in done for turn in each.turns)
    failures = sum(len(each.failures) for each in done)
    return f"{seconds:5.0f} s: {len(done)} conversations, {turns} turns answered, {failures} failures"
