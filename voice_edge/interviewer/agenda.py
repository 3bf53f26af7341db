"""Which detail to ask for: by what the guest does and the theme of the fault, most useful first.

The guest sits in the café while talking, so nothing is asked about the time. A second question is asked only of guests
who have said almost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from voice_edge.interviewer.heard import Heard
from voice_edge.interviewer.question_kinds import Asks

LONG_WORDS = 10  # of an answer that was not understood: from here on it has said enough to be passed on
SHORT_PRAISE_WORDS = 8  # from here on praise has told its reasons
MERE_VERDICT_WORDS = 4  # a complaint up to this length that names nothing has not said what was wrong
MERE_WORD = 2  # "bra", "very good": what the guest had is a lighter question than why
SHORT_FAULT_WORDS = 8  # up to this length a fault of people has hardly been told
WHOLE_STORY_WORDS = 16  # a complaint longer than this has said how it went
BARE_WORDS = 8  # of the whole talk: up to here a second question does not tire the guest

# A question that is redundant once the detail has been given.
_REDUNDANT: MappingProxyType[Asks, tuple[str, ...]] = MappingProxyType(
    {
        "improvement": ("suggestion",),
        "what_happened": ("reason", "consequence"),
    }
)
_ASKED_AGAIN: tuple[Asks, ...] = ("thing", "place", "amount", "reason", "improvement")
# Nothing is asked for that is plain once the fault is known: what would have been better than a cold soup.
_FAULT: MappingProxyType[str, tuple[Asks, ...]] = MappingProxyType(
    {
        "price": ("improvement",),
        "queue": ("amount",),
        "cleanliness": ("place", "consequence"),
        "toilets": ("consequence",),
        "payment": ("consequence",),
        "wifi": ("consequence",),
        "food": ("consequence",),
        "coffee": ("consequence",),
    }
)
_EATEN = frozenset({"food", "coffee"})  # a hair in it has no place in the café
_ASKED_ANYWAY = frozenset({"price", "queue"})
_MIXED: MappingProxyType[str, tuple[Asks, ...]] = MappingProxyType({"price": ("improvement",), "queue": ("amount",)})


def asks_for_more(heard: Heard, asks: Asks) -> bool:
    """Return whether to ask for anything else: what would have been better than this fault is plain."""
    plain = heard.matter == "mixed" or heard.words > SHORT_FAULT_WORDS
    priced = bool(heard.themes) and heard.themes[0] == "price" and len(heard.themes) == 1
    return asks == "improvement" and heard.matter in ("complaint", "mixed") and plain and not priced


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
    if heard.continues or heard.arrived or heard.not_ours:
        return
    if not first:
        # "Bra." - "Vad tog du?" - "En bulle.": only such talks go on.
        if heard.words_in_all <= BARE_WORDS and heard.good is not None and matter == "praise":
            yield "reason"
    elif matter == "complaint":
        yield from _about_fault(heard)
    elif matter == "mixed":
        yield from _MIXED.get(heard.themes[0] if heard.themes else "", ())
        yield "improvement"
    elif matter == "praise":
        yield from _about_praise(heard)
    elif matter == "neutral_report" or (matter == "unsure" and heard.words <= LONG_WORDS and not heard.content):
        yield "improvement"
    elif matter == "nothing_to_say":
        yield "improvement" if heard.named else "thing"
    elif matter in ("asks_if_ai", "small_talk", "off_topic", "joke"):
        yield "what_happened"
        yield "thing"


def _about_fault(heard: Heard) -> Iterator[Asks]:
    theme = heard.themes[0] if heard.themes else ""
    if heard.words <= MERE_VERDICT_WORDS and not theme and not heard.named and not heard.details - {"thing"}:
        yield "reason"
    if theme == "service" and heard.words <= SHORT_FAULT_WORDS and not heard.wait:
        yield "what_happened"
    eaten = theme == "cleanliness" and any(one.theme in _EATEN for one in heard.named)
    if eaten:
        yield "consequence"
    elif heard.words <= WHOLE_STORY_WORDS or theme in _ASKED_ANYWAY:
        yield from _FAULT.get(theme, ()) if theme != "price" or len(heard.themes) == 1 else ()
    yield "improvement"


def _about_praise(heard: Heard) -> Iterator[Asks]:
    if heard.words <= MERE_WORD and not heard.named:
        yield "thing"
    if heard.words <= SHORT_PRAISE_WORDS and heard.sentences == 1:
        yield "reason"
