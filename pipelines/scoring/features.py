"""From marks to five subscores: what was claimed about the visit, each with the words that earned it.

Nothing is counted twice, and nothing counts that is not said about the café: a mark weighs fully only within a few
words of something of the café's. A suggestion counts only with something concrete beside it, and names, numbers and
places count only as far as something is claimed. Every sum saturates, so saying more of the same earns nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.scoring.lexicon import ASPECT, Mark, Reading

NEAR_TOKENS = 10  # so close to something of the café's, a word is said about it
CLAIM_TOKENS = 7  # so close to an aspect, a judgement is about that aspect
CONCRETE_TOKENS = 8  # so close to a suggestion, a thing, place, time or amount is what it is about
SHORT_TURN_TOKENS = 30  # a short turn after one about the café goes on about the same
AMOUNT_TOKENS = 2  # "fem minuter", "fem hela minuter"

SAME_TURN_WEIGHT = 0.3
FOLLOWING_TURN_WEIGHT = 0.7

ANCHORS = frozenset({"item", "menu", "staff", "area"})
CONCRETE = frozenset(
    {"item", "menu", "staff", "area", "thing", "place", "time", "amount", "number", "detail", "comparison"}
)
SUBSTANCE = {
    "problem": 1.0,
    "praise": 0.8,
    "detail": 0.6,
    "comparison": 1.0,
    "consequence": 1.0,
    "suggestion": 1.0,
    "reason": 0.6,
}
SUBSTANCE_SCALE = 1.6
CLAIMS = frozenset({"problem", "praise", "generic", "detail", "suggestion", "comparison", "consequence", "amount"})

# What one distinct mark is worth before its sum saturates.
SPECIFICITY = {
    "item": 0.8,
    "menu": 0.6,
    "staff": 0.8,
    "area": 0.6,
    "place": 0.5,
    "person": 0.5,
    "thing": 0.6,
    "time": 0.9,
    "amount": 1.0,
    "number": 0.4,
    "detail": 0.6,
}
EVIDENCE = {"reason": 0.8, "consequence": 0.9, "comparison": 0.9, "problem": 0.6, "praise": 0.5, "amount": 0.5}
ACTIONABILITY = {"suggestion": 1.0, "problem": 0.35, "thing": 0.2}
SPECIFICITY_SCALE = 4.0
EVIDENCE_SCALE = 2.5
ACTIONABILITY_SCALE = 2.0
BREADTH_SCALE = 1.4


@dataclass(frozen=True, slots=True)
class Features:
    """What was found in one session.

    Attributes:
        specificity: Items, places, people, times, amounts named; 0-1.
        evidence: Reasons, consequences, comparisons; 0-1.
        breadth: Aspects that a claim is made about; 0-1.
        actionability: Something that the café can do; 0-1.
        aspects: The aspects that a claim is made about, sorted.
        earned: For each subscore the marks that count.
        weights: Sum of the weighted marks by tag.
    """

    specificity: float
    evidence: float
    breadth: float
    actionability: float
    aspects: tuple[str, ...]
    earned: Mapping[str, tuple[Mark, ...]]
    weights: Mapping[str, float]


def features(reading: Reading) -> Features:
    """Return the subscores of what was read."""
    marks = _without_empty(_with_amounts(reading.marks))
    marks = _without_vague_suggestions(marks)
    anchors = _anchor_places(marks, turns=len(reading.tokens))
    best: dict[tuple[str, str], tuple[float, Mark]] = {}
    for mark in marks:
        if mark.tag.startswith(ASPECT):
            continue
        weight = _relevance(mark, anchors, turn_tokens=len(reading.tokens[mark.turn]))
        if weight > best.get((mark.tag, mark.key), (0.0, mark))[0]:
            best[mark.tag, mark.key] = (weight, mark)
    weights: dict[str, float] = {}
    for (tag, _), (weight, _) in best.items():
        weights[tag] = weights.get(tag, 0.0) + weight
    claimed = _claimed_aspects(marks)
    substance = _saturated(weights, SUBSTANCE, scale=SUBSTANCE_SCALE)
    return Features(
        specificity=substance * _saturated(weights, SPECIFICITY, scale=SPECIFICITY_SCALE),
        evidence=_saturated(weights, EVIDENCE, scale=EVIDENCE_SCALE),
        breadth=1 - math.exp(-len(claimed) / BREADTH_SCALE),
        actionability=_saturated(weights, ACTIONABILITY, scale=ACTIONABILITY_SCALE),
        aspects=tuple(sorted(claimed)),
        earned={
            "specificity": _earning(best, SPECIFICITY),
            "evidence": _earning(best, EVIDENCE),
            "breadth": tuple(claimed.values()),
            "actionability": _earning(best, {"suggestion": 1.0, "problem": 0.35}),
        },
        weights=weights,
    )


def _with_amounts(marks: tuple[Mark, ...]) -> list[Mark]:
    """Turn a number with its unit into an amount."""
    units = {(mark.turn, mark.token): mark for mark in marks if mark.tag == "unit"}
    found: list[Mark] = []
    for mark in marks:
        if mark.tag == "unit":
            continue
        if mark.tag == "number":
            near = (units.get((mark.turn, mark.token + step)) for step in range(1, AMOUNT_TOKENS + 1))
            unit = next((unit for unit in near if unit), None)
            if unit:
                found.append(Mark("amount", f"{mark.key} {unit.key}", mark.turn, mark.token, mark.start, unit.end))
                continue
        found.append(mark)
    return found


def _without_empty(marks: list[Mark]) -> list[Mark]:
    """Leave out marks inside a phrase that says nothing, such as "inget särskilt"."""
    empty = [mark for mark in marks if mark.tag == "empty"]
    return [
        mark
        for mark in marks
        if mark.tag != "empty"
        and not any(mark.turn == each.turn and mark.start < each.end and each.start < mark.end for each in empty)
    ]


def _without_vague_suggestions(marks: list[Mark]) -> list[Mark]:
    concrete = [(mark.turn, mark.token, mark.start) for mark in marks if mark.tag in CONCRETE]
    return [
        mark
        for mark in marks
        if mark.tag != "suggestion"
        or any(
            turn == mark.turn and abs(token - mark.token) <= CONCRETE_TOKENS and start != mark.start
            for turn, token, start in concrete
        )
    ]


def _anchor_places(marks: list[Mark], *, turns: int) -> list[list[int]]:
    places: list[list[int]] = [[] for _ in range(turns)]
    for mark in marks:
        if mark.tag in ANCHORS or mark.tag.startswith(ASPECT):
            places[mark.turn].append(mark.token)
    return places


def _relevance(mark: Mark, anchors: list[list[int]], *, turn_tokens: int) -> float:
    here = anchors[mark.turn]
    if here:
        nearest = min(abs(mark.token - place) for place in here)
        return 1.0 if nearest <= NEAR_TOKENS else SAME_TURN_WEIGHT
    if mark.tag != "number" and turn_tokens <= SHORT_TURN_TOKENS and any(anchors[: mark.turn]):
        return FOLLOWING_TURN_WEIGHT
    return 0.0


def _claimed_aspects(marks: list[Mark]) -> dict[str, Mark]:
    claims = [(mark.turn, mark.token) for mark in marks if mark.tag in CLAIMS]
    found: dict[str, Mark] = {}
    for mark in marks:
        if not mark.tag.startswith(ASPECT):
            continue
        aspect = mark.tag[len(ASPECT) :]
        if aspect not in found and any(
            turn == mark.turn and abs(place - mark.token) <= CLAIM_TOKENS for turn, place in claims
        ):
            found[aspect] = mark
    return found


def _saturated(weights: Mapping[str, float], worth: Mapping[str, float], *, scale: float) -> float:
    return 1 - math.exp(-sum(weights.get(tag, 0.0) * each for tag, each in worth.items()) / scale)


def _earning(best: Mapping[tuple[str, str], tuple[float, Mark]], worth: Mapping[str, float]) -> tuple[Mark, ...]:
    return tuple(mark for (tag, _), (_, mark) in best.items() if tag in worth)
