"""The questions for each topic, most useful first, with the details that make them redundant."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from voice_edge.interviewer.mentions import STAFF, TASTED, Mention, Polarity
from voice_edge.interviewer.understanding import Detail

# A question for a detail is not asked once the guest has given that detail.
ASKS_FOR = MappingProxyType(
    {
        "when": Detail.WHEN,
        "where": Detail.WHERE,
        "where_sat": Detail.WHERE,
        "duration": Detail.DURATION,
        "told_staff": Detail.STAFF_INFORMED,
        "solved": Detail.SOLVED,
        "managed": Detail.SOLVED,
        "compared": Detail.COMPARED,
        "offer_instead": Detail.SOLVED,
        "instead": Detail.SUGGESTION,
        "wish": Detail.SUGGESTION,
        "remedy": Detail.SUGGESTION,
        "remedy_it": Detail.SUGGESTION,
        "fair_price": Detail.SUGGESTION,
        "better_hours": Detail.SUGGESTION,
        "easier": Detail.SUGGESTION,
        "lift": Detail.SUGGESTION,
        "lacking": Detail.SUGGESTION,
        "one_change": Detail.SUGGESTION,
    }
)
# Asked only until the guest has said why, or what happened.
ASKS_WHY = frozenset(
    {
        "reason_bad",
        "reason_good",
        "happened",
        "kindness",
        "staff_good",
        "staff_bad",
        "feeling_good",
        "feeling_bad",
    }
)

_BAD = {
    "coffee": ("reason_bad", "wish"),
    "food": ("reason_bad", "wish"),
    "service": ("happened", "when", "instead"),
    STAFF: ("staff_bad", "when", "instead"),
    "order": ("happened", "when", "instead"),
    "queue": ("duration", "when", "remedy"),
    "pickup": ("happened", "remedy"),
    "wait": ("duration", "instead", "when"),
    "noise": ("where_sat", "when", "remedy"),
    "cleanliness": ("where", "when", "told_staff", "remedy_it"),
    "seating": ("managed", "when", "remedy_it"),
    "furniture": ("reason_bad", "remedy", "told_staff"),
    "tableware": ("told_staff", "remedy_it"),
    "place": ("reason_bad", "when", "lift"),
    "access_code": ("remedy", "managed"),
    "sockets": ("remedy", "managed"),
    "price": ("fair_price", "compared"),
    "payment": ("solved", "remedy_it"),
    "wifi": ("where_sat", "when", "managed", "remedy"),
    "toilets": ("reason_bad", "told_staff", "when", "remedy_it"),
    "accessibility": ("managed", "easier"),
    "stairs": ("remedy", "when"),
    "opening_hours": ("better_hours", "managed"),
    "locked": ("managed", "remedy_it"),
    "atmosphere": ("feeling_bad", "when", "lacking"),
    "temperature": ("where_sat", "when", "managed", "remedy_it"),
    "pests": ("where", "remedy_it", "when"),
    "offer": ("offer_instead",),
    "allergens": ("remedy_it",),
    "menu": ("happened", "remedy_it"),
}
_GOOD = {
    "service": ("kindness", "who"),
    STAFF: ("staff_good",),
    "atmosphere": ("feeling_good",),
    "place": ("feeling_good",),
    "queue": (),
    "wait": (),
    "noise": (),
    "price": (),
    "payment": (),
    "opening_hours": (),
}
# For things both good and bad; for other topics the question is about the bad side.
_MIXED = {
    "coffee": ("lift",),
    "food": ("lift",),
    "atmosphere": ("lift",),
    "place": ("lift",),
    "service": ("happened", "instead", "lift"),
    "order": ("happened", "when"),
}
# A fault of freshness: the hour indicates what to do about it.
_STALE = ("when", "told_staff", "wish")
# A thing that was missing or had run out.
_SHORT = ("managed", "when", "remedy_it")


def questions_about(mention: Mention) -> Iterator[str]:
    """Yield the keys of possible questions about a thing, redundant ones included."""
    topic = mention.topic
    if mention.torn:
        yield "weighed"
    faulted = mention.polarity in (Polarity.BAD, Polarity.MIXED)
    if faulted and topic in TASTED and mention.fresh:
        yield from _STALE
    elif faulted and topic in TASTED and mention.short:
        yield from _SHORT
    elif mention.polarity is Polarity.MIXED and topic in _MIXED:
        yield from _MIXED[topic]
    elif faulted:
        yield from _BAD.get(topic, ("happened", "remedy_it"))
    elif mention.polarity is Polarity.GOOD:
        yield from _GOOD.get(topic, ("reason_good",))
    elif topic in (*TASTED, "price"):
        yield "opinion"
    else:
        yield "what_about"
