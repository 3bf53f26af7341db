"""A simulated ring of fraud: one device that sends almost the same story many times without a pause."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from pilot import events as contract
from pilot.business_days import at_local
from pilot.cafes import Cafe, Language
from pilot.events import Event
from pilot.opening_hours import hours_on
from proving.simulator.chances import DayChances
from proving.simulator.speech import said
from proving.simulator.visit import Story, send, take_turn

TURNS = 3
CHANGED_SHARE = 0.5  # Of the members; the others repeat the story word for word.
PASTING_PACE = 12.0  # A multiple of the typing speed.
AFTER_OPENING_MINUTES = 60
BEFORE_CLOSING_MINUTES = 60


def ring_begins(rng: random.Random, *, cafe: Cafe, day: date) -> datetime | None:
    """Draw when a ring begins, well within opening hours; None if these are too short."""
    window = hours_on(cafe, day).window
    if window is None:
        return None
    opens, closes = window
    first = 60 * opens.hour + opens.minute + AFTER_OPENING_MINUTES
    last = 60 * closes.hour + closes.minute - BEFORE_CLOSING_MINUTES
    if first >= last:
        return None
    minute = rng.randrange(first, last)
    return at_local(day, time(minute // 60, minute % 60))


def ring_visits(
    rng: random.Random, *, cafe: Cafe, code: str, begins: datetime, members: int, day: DayChances
) -> Iterator[list[Event]]:
    """Yield the events of each of the ring's visits."""
    language: Language = "sv"
    texts = said(rng, cafe=cafe, language=language, depth="excellent", turns=TURNS)
    device = f"{rng.getrandbits(128):032x}"
    client = contract.Client(browser="Chrome", os="Android", os_major="16")
    opened = begins
    for member in range(members):
        story = Story(rng, cafe=cafe, opened=opened)
        story.record(contract.PageOpened(code=code, language=language, device_hash=device))
        story.wait(1, 4)
        story.record(
            contract.SessionStarted(mode="text", language=language, client=client, device_hash=device, code=code)
        )
        story.wait(1, 4)
        story.record(contract.ConsentDecided(granted=True, version=contract.CONSENT_VERSION, scope=("transcript",)))
        texts = texts if not member or rng.random() >= CHANGED_SHARE else tuple(_changed(rng, each) for each in texts)
        for turn, text in enumerate(texts, start=1):
            take_turn(story, turn=turn, text=text, mode="text", language=language, day=day, pace=PASTING_PACE)
        story.wait(1, 5)
        send(story, turns=TURNS, language=language)
        opened = story.now + timedelta(seconds=rng.uniform(5, 40))
        yield story.events


def _changed(rng: random.Random, text: str) -> str:
    """Return the text without one of its words, to evade detection."""
    words = text.split()
    del words[rng.randrange(len(words) - 1)]
    return " ".join(words)
