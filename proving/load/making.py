"""Generates a load: guests who have one conversation after another until the time is over."""

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
from proving.load.watching import ProcessUsage, watch_process

# Guests arrive at different times; otherwise all first turns would end in the same second.
ARRIVAL_SPREAD_SECONDS = 6.0
BETWEEN_VISITS_SECONDS = 1.0
REFUSED_PAUSE_SECONDS = 2.0
PROGRESS_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The parameters of a load.

    Attributes:
        url: The edge's public address.
        code: The café's code.
        guests: The number of simultaneous guests.
        seconds: The time in which conversations start.
        utterances: The utterances, repeated by each guest in an order of its own.
        seed: The seed of every order and pause.
        manner: Language and pauses.
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
    """A finished load.

    Attributes:
        plan: The parameters.
        began_at: The start, UTC.
        seconds: The duration.
        conversations: All conversations, in the order of their ends.
        late_ms: The delay of each sent audio frame.
        own_cpu_seconds: CPU seconds of the generator itself.
        edge: Resource usage of the edge's process, if it runs on this machine.
    """

    plan: Plan
    began_at: datetime
    seconds: float = 0.0
    conversations: list[Conversation] = field(default_factory=list)
    late_ms: array[float] = field(default_factory=lambda: array("f"))
    own_cpu_seconds: float = 0.0
    edge: ProcessUsage | None = None


async def generate_load(
    plan: Plan, *, edge_pid: int | None = None, report: Callable[[str], None] = lambda _: None
) -> Load:
    """Generate a load; failures of the edge are counted, not raised.

    Args:
        plan: The parameters.
        edge_pid: The edge's process, whose resource usage is sampled.
        report: Called now and then with a line of progress.
    """
    load = Load(plan=plan, began_at=datetime.now(UTC))
    began, used = time.monotonic(), time.process_time()
    ends = began + plan.seconds
    async with watch_process(edge_pid) as load.edge, asyncio.TaskGroup() as group:
        guests = [group.create_task(_visits(load, number, ends=ends)) for number in range(plan.guests)]
        while (left := ends - time.monotonic()) > 0:
            await asyncio.wait(guests, timeout=min(left, PROGRESS_SECONDS))
            report(_progress(load, seconds=time.monotonic() - began))
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
            # A new device for each visit: the edge limits sessions and visits by device.
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
            # `converse` records a connection that closes early; this one was never opened.
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
