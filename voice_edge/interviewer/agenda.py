"""Which detail to ask for: by what the guest does and the theme of the fault, most useful first."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from voice_edge.interviewer.heard import Heard
from voice_edge.interviewer.question_kinds import Asks

ENOUGH_DETAILS = 5  # from this many kinds of detail on, a second question would only tire the guest
PRAISE_ENOUGH = 3
STORY_WORDS = 10  # praise of people from this length on has said what they did
BARE_DETAILS = 2
MERE_VERDICT_WORDS = 4  # a complaint up to this length that names nothing has not said what was wrong

# A question that is redundant once the detail has been given.
_REDUNDANT: MappingProxyType[Asks, tuple[str, ...]] = MappingProxyType(
    {
        "improvement": ("suggestion",),
        "what_happened": ("reason", "consequence"),
    }
)
_ASKED_AGAIN: tuple[Asks, ...] = ("thing", "place", "time", "amount", "reason", "improvement")
_FAULT: MappingProxyType[str, tuple[Asks, ...]] = MappingProxyType(
    {
        "price": ("improvement", "consequence"),
        "opening_hours": ("improvement",),
        "accessibility": ("improvement", "time"),
        "wifi": ("place", "time"),
        "noise": ("place", "time", "improvement"),
        "seating": ("place", "time", "improvement"),
        "atmosphere": ("place", "time", "improvement"),
        "queue": ("time", "consequence", "improvement"),
        "toilets": ("time",),
        "cleanliness": ("time", "consequence"),
        "payment": ("time", "consequence"),
        "food": ("time", "consequence"),
        "coffee": ("time", "consequence"),
        "service": ("time", "consequence"),
    }
)
_MIXED: MappingProxyType[str, tuple[Asks, ...]] = MappingProxyType(
    {
        "price": ("amount", "improvement"),
        "queue": ("amount", "time", "improvement"),
        "wifi": ("place", "time"),
        "noise": ("place", "time"),
        "seating": ("place", "time"),
        "opening_hours": ("improvement",),
    }
)


def next_detail(heard: Heard, *, first: bool, asked: frozenset[Asks], still_open: frozenset[Asks]) -> Asks:
    """Return the kind of detail to ask for next; "nothing" to end with thanks.

    Args:
        heard: The talk.
        first: Whether no follow-up question has been asked yet.
        asked: What earlier questions of the talk asked for.
        still_open: What the last question asked for: a guest who asks about the AI instead has not answered it.
    """
    if heard.act == "asks_if_ai":
        asked -= still_open
        again = [asks for asks in _ASKED_AGAIN if asks in still_open and not _given(asks, heard)]
    else:
        again = []
    for asks in (*again, *_candidates(heard, first=first)):
        if asks not in asked and not _given(asks, heard):
            return asks
    return "nothing"


def _given(asks: Asks, heard: Heard) -> bool:
    return asks in heard.details or any(detail in heard.details for detail in _REDUNDANT.get(asks, ()))


def _candidates(heard: Heard, *, first: bool) -> Iterator[Asks]:
    matter = heard.matter
    if matter == "complaint":
        yield from _about_fault(heard, first=first)
    elif matter == "mixed":
        theme = heard.themes[0] if heard.themes else ""
        if first or len(heard.details) < ENOUGH_DETAILS:
            yield from _MIXED.get(theme, ("time",))
    elif matter == "praise":
        yield from _about_praise(heard, first=first)
    elif matter == "suggestion":
        if first:
            yield "reason"
    elif matter == "neutral_report" or (matter == "unsure" and first):
        yield "improvement"
    elif matter in ("nothing_to_say", "off_topic", "small_talk") and (first or matter == "small_talk"):
        yield "thing"
    elif matter == "asks_if_ai":
        yield "thing"
        yield "improvement"
    elif matter == "joke":
        yield "thing"
        if heard.good is not None:
            yield "reason"
    elif matter == "abuse" and first:
        yield "what_happened"


def _about_fault(heard: Heard, *, first: bool) -> Iterator[Asks]:
    theme = heard.themes[0] if heard.themes else ""
    if heard.words <= MERE_VERDICT_WORDS and not heard.named and not heard.details - {"thing"}:
        yield "reason"
    if not first and len(heard.details) >= ENOUGH_DETAILS and "time" in heard.details:
        return
    if theme == "queue" and len(heard.details) < BARE_DETAILS:
        yield "amount"
    yield from _FAULT.get(theme, ("time", "consequence"))


def _about_praise(heard: Heard, *, first: bool) -> Iterator[Asks]:
    of_people = bool(heard.praised) or (heard.good is None and "person" in heard.details)
    if not first and len(heard.details) >= BARE_DETAILS:
        return
    if not heard.details:
        yield "thing"
    if not (of_people and heard.words >= STORY_WORDS):
        yield "reason"
    if len(heard.details) < PRAISE_ENOUGH:
        yield "time"
    yield "thing"
