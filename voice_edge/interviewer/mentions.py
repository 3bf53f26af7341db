"""The things that a guest named, each with the judgements of its clauses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache

from pilot.cafes import Cafe, Language
from voice_edge.interviewer.definite import definite
from voice_edge.interviewer.lexicon import Claim, Lexicon, Patterns, Thing, lexicon

STAFF = "staff"
NEGATION_REACH = 3  # a negation inverts the words within this distance after it
EXPLAINED_WORDS = 18  # from this many words about a thing on, its fault counts as explained
TASTED = frozenset({"coffee", "food"})
_EXPLAINS_BOTH = ("when", "day", "where", "compared")
MIN_COMPOUND = 2  # letters before a compound's ending
# Words that start a clause, because speech has no commas.
_BREAKS = {
    "sv": re.compile(r" (?=(?:men|fast|däremot|annars|för övrigt|och sedan|sedan) )"),
    "en": re.compile(r" (?=(?:but|though|although|otherwise|and then|however) )"),
}


# A clause that begins like this is about the previous thing, whatever it names: "but it came with so little bread".
_GOES_ON = re.compile(r" (?:men |fast |och |but )?(?:den|it came|it was served) ")


class Polarity(Enum):
    """Whether a thing was good."""

    GOOD = "good"
    BAD = "bad"
    MIXED = "mixed"
    UNSAID = "unsaid"


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing that the guest named.

    Attributes:
        topic: coffee, food, service, queue, ...; `staff` for a person of the café.
        name: Its name in a question.
        polarity: The guest's judgement.
        turn: Index of the last answer that names it, from 0.
        place: Its first place in that answer.
        explained: Whether the guest said why, or what happened.
        torn: Whether it was both praised and faulted, without a time or a place to explain it.
        fresh: Whether its fault is about freshness, so that the hour matters.
        short: Whether it was missing or had run out.
    """

    topic: str
    name: str
    polarity: Polarity
    turn: int
    place: int
    explained: bool
    torn: bool
    fresh: bool = False
    short: bool = False


@dataclass(slots=True)
class _Found:
    topic: str
    turn: int
    place: int
    named: set[int] = field(default_factory=set)
    said: dict[int, list[str]] = field(default_factory=dict)
    claimed: dict[int, set[bool]] = field(default_factory=dict)


def mentions(texts: Sequence[str], *, cafe: Cafe, language: Language) -> tuple[Mention, ...]:
    """Return the things named in plain `texts`, one text per answer."""
    words = lexicon(language)
    found: dict[str, _Found] = {}
    scope: list[str] = []  # the current subject, even across answers: "Kön." - "Den var lång."
    for turn, text in enumerate(texts):
        for start, clause in _clauses(text, language):
            here = _nearer(list(_named(clause, cafe=cafe, language=language, words=words)))
            if words.polarity["otherwise"].found(clause):
                scope = []
            goes_on = [name for name in scope if found[name].topic != STAFF] if _GOES_ON.match(clause) else []
            tasted = [name for name in scope if found[name].topic in TASTED]
            if here and tasted and all(one.topic == STAFF for one in here):
                goes_on = [*tasted, *(one.name for one in here)]  # "With Jonas it is good."
            scope = goes_on or [one.name for one in here] or [name for name in scope if found[name].topic != STAFF]
            for one in here:
                known = found.setdefault(one.name, _Found(one.topic, turn, start + one.place))
                if known.turn != turn:
                    known.turn, known.place = turn, start + one.place
                known.named.add(turn)
                if one.claim is not None:
                    known.topic = one.topic
                    known.claimed.setdefault(turn, set()).add(one.claim)
            scope = [name for name in scope if found[name].topic == "tableware"] or scope
            scope = _judged_here(scope, here, found)
            for name in scope:
                found[name].said.setdefault(turn, []).append(clause)
    ordered = sorted(found.items(), key=lambda item: (item[1].turn, item[1].place))
    return tuple(_mention(name, one, words) for name, one in ordered)


def _nearer(here: list[_Named]) -> list[_Named]:
    """Apply "filthy" to the toilet or the cups, and "friendly" to a person, if these are named."""
    for claimed, nearer in (("cleanliness", ("toilets", "tableware")), ("service", (STAFF,))):
        claims = [one.claim for one in here if one.topic == claimed and one.claim is not None]
        if claims and any(one.topic in nearer for one in here):
            rest = [one for one in here if one.topic != claimed]
            here = [replace(one, claim=claims[0]) if one.topic in nearer else one for one in rest]
    return here


def _judged_here(scope: Sequence[str], here: Sequence[_Named], found: dict[str, _Found]) -> list[str]:
    """Return the things in `scope` that a clause judges.

    "Expensive for a small coffee" judges the price, and "Hassan's cortado was lovely" the cortado.
    """
    claimed = {one.name for one in here if one.claim is not None}
    claimed = claimed or {one.name for one in here if one.topic == "tableware"}
    if claimed:
        return [name for name in scope if name in claimed] or list(scope)
    tasted = [name for name in scope if found[name].topic in TASTED]
    return [name for name in scope if found[name].topic != STAFF or not tasted]


def _mention(name: str, one: _Found, words: Lexicon) -> Mention:
    turns = {
        turn: _judged("|".join(clauses), one.claimed.get(turn, set()), words) for turn, clauses in one.said.items()
    }
    said = "|".join(clause for clauses in one.said.values() for clause in clauses)
    kinds = set(turns.values()) - {Polarity.UNSAID}
    whole = Polarity.UNSAID if not kinds else next(iter(kinds)) if len(kinds) == 1 else Polarity.MIXED
    return Mention(
        topic=one.topic,
        name=name,
        polarity=whole,
        turn=one.turn,
        place=one.place,
        explained=words.details["reason"].found(said)
        or words.details["story"].found(said)
        or specific(said, words)
        or len(said.replace("|", " ").split()) >= EXPLAINED_WORDS,
        torn={Polarity.GOOD, Polarity.BAD} <= {turns[turn] for turn in one.named & set(turns)}
        and not any(words.details[one].found(said) for one in _EXPLAINS_BOTH),
        fresh=words.details["fresh"].found(said),
        short=words.polarity["shortage"].found(said),
    )


def _judged(said: str, claimed: set[bool], words: Lexicon) -> Polarity:
    heard = polarity(said, words)
    if claimed == {False}:
        return Polarity.BAD
    if claimed == {True}:
        return Polarity.GOOD if heard in (Polarity.UNSAID, Polarity.GOOD) else Polarity.MIXED
    if claimed:
        return Polarity.MIXED
    if heard is Polarity.UNSAID and words.polarity["shortage"].found(said):
        return Polarity.BAD
    return heard


def polarity(text: str, words: Lexicon) -> Polarity:
    """Return the polarity of plain `text`: counts judging words, inverted by a preceding negation."""
    good = bad = False
    negated = [end for _, end in words.polarity["negations"].places(text)]
    joking = words.polarity["sarcasm"].found(text)

    def turned(start: int) -> bool:
        return any(
            start >= end and "|" not in text[end:start] and text[end:start].count(" ") <= NEGATION_REACH
            for end in negated
        )

    well = words.polarity["good"].places(text)
    badly = [
        (start, end)
        for start, end in words.polarity["bad"].places(text)
        if not any(first < start and end <= last for first, last in well)
    ]
    for start, end in well:
        if any(start < last and end > first for first, last in badly):
            continue  # A part of a longer phrase with the opposite meaning.
        good, bad = (good, True) if turned(start) or joking else (True, bad)
    # "Not bad" is no praise yet.
    bad = bad or any(joking or not turned(start) for start, _ in badly)
    if (good and bad) or (not good and not bad and words.polarity["so_so"].found(text)):
        return Polarity.MIXED
    return Polarity.GOOD if good else Polarity.BAD if bad else Polarity.UNSAID


def specific(text: str, words: Lexicon) -> bool:
    """Return whether plain `text` names a specific fault: "flickers", not only "bad"."""
    vague = words.polarity["vague"].places(text)
    return any(
        not any(first <= start and end <= last for first, last in vague)
        for start, end in words.polarity["bad"].places(text)
    )


def _clauses(text: str, language: Language) -> Iterator[tuple[int, str]]:
    """Yield the clauses of a plain text with their places."""
    start = 0
    for part in text.split("|"):
        for clause in _BREAKS[language].split(part):
            yield start, f" {clause.strip()} "
            start += len(clause) + 1


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    topic: str
    place: int
    claim: bool | None


def _named(clause: str, *, cafe: Cafe, language: Language, words: Lexicon) -> Iterator[_Named]:
    """Yield the things that a clause names; the café's own names first, so that their parts do not match."""
    rest = _blank(clause, words.not_ours)
    seen: set[str] = set()
    for thing in _of_cafe(cafe, language):
        for start, _ in thing.patterns.places(rest)[:1]:
            seen.add(thing.name)
            yield _Named(thing.name, thing.topic, start, None)
        rest = _blank(rest, thing.patterns)
    claimed: dict[str, tuple[Claim, int]] = {}
    for claim in words.claims:
        for start, _ in claim.thing.patterns.places(rest)[:1]:
            # A judging word may be part of the thing's name, so it is not blanked.
            claimed.setdefault(claim.thing.name, (claim, start))
    for thing in words.things:
        for start, end in thing.patterns.places(rest)[:1]:
            name = thing.name_for(rest[start:end]) if end - start > MIN_COMPOUND else thing.name
            claim_here = claimed.pop(thing.name, None)
            if name not in seen:
                seen.add(name)
                if claim_here is None:
                    yield _Named(name, thing.topic, start, None)
                else:
                    yield _Named(name, claim_here[0].thing.topic, start, claim_here[0].good)
        rest = _blank(rest, thing.patterns)
    for name, (claim, start) in claimed.items():
        if name not in seen:
            seen.add(name)
            yield _Named(name, claim.thing.topic, start, claim.good)


@cache
def _of_cafe(cafe: Cafe, language: Language) -> tuple[Thing, ...]:
    dishes = [dish.in_language(language) for dish in cafe.specialties]
    return (
        *(Thing(STAFF, person, Patterns.of([person])) for person in cafe.staff),
        *(Thing("food", definite(dish, language), Patterns.of(_forms(dish, language))) for dish in dishes),
    )


def _forms(dish: str, language: Language) -> list[str]:
    """Return the forms of a dish's whole name: a part of it does not name the dish."""
    return sorted({dish, definite(dish, language).removeprefix("the ")})


def _blank(text: str, patterns: Patterns) -> str:
    """Return `text` with matches blanked and all other places unchanged."""
    for start, end in patterns.places(text):
        text = text[:start] + "#" * (end - start) + text[end:]
    return text
