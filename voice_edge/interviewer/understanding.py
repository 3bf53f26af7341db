"""What a guest has told so far: which things, how they were, which details, and whether something is wrong.

Rough on purpose: it only chooses the next question. The score and the themes are computed elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from pilot.cafes import Cafe, Language
from voice_edge.interviewer.definite import definite
from voice_edge.interviewer.lexicon import Lexicon, Patterns, lexicon, plain

STAFF = "staff"
NEGATION_REACH = 3  # a negation turns the words that follow it this closely


class Polarity(Enum):
    """Whether a thing was good."""

    GOOD = "good"
    BAD = "bad"
    MIXED = "mixed"
    UNSAID = "unsaid"


class Detail(Enum):
    """What makes feedback something to act on."""

    WHEN = "when"
    WHERE = "where"
    WHO = "who"
    REASON = "reason"
    SUGGESTION = "suggestion"


class Concern(Enum):
    """What must be met with more than a question; the gravest first."""

    EMERGENCY = "emergency"
    HARASSMENT = "harassment"
    HARM = "harm"
    ANGER = "anger"


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing that the guest named.

    Attributes:
        topic: coffee, food, service, queue, ...; `staff` for a person of the café.
        name: What a question may call it.
        polarity: How it was.
        turn: In which answer it was named last, from 0.
        place: Where in that answer it was named first.
    """

    topic: str
    name: str
    polarity: Polarity
    turn: int
    place: int


@dataclass(frozen=True, slots=True)
class Understanding:
    """All answers so far."""

    mentions: tuple[Mention, ...]
    told: frozenset[Detail]
    concern: Concern | None
    concern_is_new: bool
    overall: Polarity
    nothing_more: bool
    latest_words: int


def understand(answers: Sequence[str], *, cafe: Cafe, language: Language) -> Understanding:
    """Return what `answers`, the latest last, tell about a visit to `cafe`."""
    words = lexicon(language)
    texts = [plain(answer) for answer in answers]
    everything = "|".join(texts)
    latest = texts[-1] if texts else " "
    staff = Patterns.of(cafe.staff)
    told = {
        detail
        for detail, patterns in (
            (Detail.WHEN, words.when),
            (Detail.WHERE, words.where),
            (Detail.REASON, words.reason),
            (Detail.SUGGESTION, words.suggestion),
            (Detail.WHO, staff),
        )
        if patterns.found(everything)
    }
    if _areas(cafe, language).found(everything):
        told.add(Detail.WHERE)
    concern, before = _concern(texts, words), _concern(texts[:-1], words)
    return Understanding(
        mentions=_mentions(texts, cafe=cafe, language=language, words=words),
        told=frozenset(told),
        concern=concern,
        concern_is_new=concern is not None and concern is not before,
        overall=_polarity(everything, words),
        nothing_more=_plain_words(latest) in words.nothing_more,
        latest_words=len(latest.replace("|", " ").split()),
    )


def _mentions(texts: Sequence[str], *, cafe: Cafe, language: Language, words: Lexicon) -> tuple[Mention, ...]:
    named = _named_by_cafe(cafe, language)
    found: dict[str, _Found] = {}
    scope: list[str] = []  # what is being spoken of, also from one answer to the next: "Kön." - "Den var lång."
    for turn, text in enumerate(texts):
        for start, clause in _clauses(text):
            here = _things(clause, named=named, words=words)
            scope = [name for name, _, _ in here] or [name for name in scope if found[name].topic != STAFF]
            for name, topic, place in here:
                earlier = found.get(name)
                first = start + place if earlier is None or earlier.turn != turn else earlier.place
                found[name] = _Found(topic, turn, first, [*(earlier.said if earlier else [])])
            for name in scope:
                found[name].said.append(clause)
    ordered = sorted(found.items(), key=lambda item: (item[1].turn, item[1].place))
    return tuple(
        Mention(one.topic, name, _polarity("|".join(one.said), words), one.turn, one.place) for name, one in ordered
    )


@dataclass(slots=True)
class _Found:
    topic: str
    turn: int
    place: int
    said: list[str]


def _clauses(text: str) -> Iterator[tuple[int, str]]:
    """Yield the clauses of a plain text with their places; one without a thing of its own speaks of the one before."""
    start = 0
    for part in text.split("|"):
        yield start, f" {part.strip()} "
        start += len(part) + 1


def _named_by_cafe(cafe: Cafe, language: Language) -> list[tuple[str, str, Patterns]]:
    dishes = [dish.in_language(language) for dish in cafe.specialties]
    return [
        *((person, STAFF, Patterns.of([person])) for person in cafe.staff),
        *((definite(dish, language), "food", Patterns.of(_forms(dish, language))) for dish in dishes),
    ]


def _things(clause: str, *, named: Sequence[tuple[str, str, Patterns]], words: Lexicon) -> list[tuple[str, str, int]]:
    """Return what a clause names: the café's own names first, so that their parts are not taken for another thing."""
    things: list[tuple[str, str, int]] = []
    rest = _blank(clause, words.not_ours)
    for name, topic, patterns in [*named, *((thing.name, thing.topic, thing.patterns) for thing in words.things)]:
        places = patterns.places(rest)
        if places:
            things.append((name, topic, places[0][0]))
            rest = _blank(rest, patterns)
    return things


def _forms(dish: str, language: Language) -> list[str]:
    """Return how guests say a dish, whole: a part of its name is not yet the dish."""
    return sorted({dish, definite(dish, language).removeprefix("the ")})


def _areas(cafe: Cafe, language: Language) -> Patterns:
    return Patterns.of(area.in_language(language).removeprefix("the ") for area in cafe.areas)


def _blank(text: str, patterns: Patterns) -> str:
    """Return `text` with what the patterns find struck out, everything else in its place."""
    for start, end in patterns.places(text):
        text = text[:start] + "#" * (end - start) + text[end:]
    return text


def _polarity(text: str, words: Lexicon) -> Polarity:
    good = bad = False
    negated = [end for _, end in words.negations.places(text)]

    def turned(start: int) -> bool:
        return any(
            start >= end and "|" not in text[end:start] and text[end:start].count(" ") <= NEGATION_REACH
            for end in negated
        )

    for start, _ in words.good.places(text):
        good, bad = (good, True) if turned(start) else (True, bad)
    for start, _ in words.bad.places(text):
        good, bad = (True, bad) if turned(start) else (good, True)
    if (good and bad) or (not good and not bad and words.so_so.found(text)):
        return Polarity.MIXED
    return Polarity.GOOD if good else Polarity.BAD if bad else Polarity.UNSAID


def _concern(texts: Sequence[str], words: Lexicon) -> Concern | None:
    text = "|".join(texts)
    for concern, patterns in (
        (Concern.EMERGENCY, words.emergency),
        (Concern.HARASSMENT, words.harassment),
        (Concern.HARM, words.harm),
        (Concern.ANGER, words.anger),
    ):
        if patterns.found(text):
            return concern
    # A guest who praises what was done for an allergy needs no apology.
    if words.allergy.found(text) and _polarity(text, words) is not Polarity.GOOD:
        return Concern.HARM
    return None


def _plain_words(text: str) -> str:
    return " ".join(text.replace("|", " ").split())
