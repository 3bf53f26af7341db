"""Themes: what a claim is made about, whether it is good or bad, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.scoring.heard import Heard
from pipelines.scoring.marks import SESSION_GAP, Flags, Marks
from pipelines.scoring.nearness import neighbours
from pipelines.scoring.tags import BIT, NONE, THEME_BITS, THEMES
from pipelines.scoring.vocabulary import Ints

REACH = 12  # so many words apart, a judgement is about that theme,
SENTENCE_STEP = 4  # where a sentence's end counts as so many words,
PAUSE_STEP = 1
CONTRAST_STEP = 3  # "men", "but"
TURN_STEP = 8
WORTH = {"good": 3, "bad": 3, "fine": 2, "poor": 2}
MIXED_SHARE = 0.34  # the lesser side at least so much of the greater: mixed
QUOTE_TOKENS = 8  # so many words around what earned it, within its sentence


@dataclass(frozen=True, slots=True)
class Claims:
    """One theme's judgement in a session.

    Attributes:
        good: What speaks for it, by session and theme.
        bad: What speaks against it.
        strong: Whether something particular was said of it.
        first: The first token of its quote; -1 where there is no claim.
        last: The last token of its quote.
    """

    good: Ints
    bad: Ints
    strong: Flags
    first: Ints
    last: Ints

    def polarity(self, session: int) -> dict[str, str]:
        """Return the themes of a session with their polarity."""
        found: dict[str, str] = {}
        for place, theme in enumerate(THEMES):
            good, bad = int(self.good[session, place]), int(self.bad[session, place])
            if good or bad:
                lesser, greater = min(good, bad), max(good, bad)
                sign = "positive" if good > bad else "negative"
                found[theme] = "mixed" if lesser >= MIXED_SHARE * greater else sign
        return found


def claims(marks: Marks, heard: Heard) -> Claims:
    """Return what is claimed about each theme."""
    place = _stretched(marks, heard)
    named = (marks.bits & THEME_BITS) != NONE
    sarcastic = _sarcastic(marks, heard)
    good = (marks.good | marks.fine) & ~sarcastic
    bad = marks.bad | marks.poor | ((marks.good | marks.fine) & sarcastic)
    judged = marks.good | marks.bad | marks.fine | marks.poor
    which = np.flatnonzero(judged)
    earlier, later = neighbours(place, targets=named)
    left = np.where(earlier >= 0, place - place[np.maximum(earlier, 0)], SESSION_GAP)
    right = np.where(later >= 0, place[np.maximum(later, 0)] - place, SESSION_GAP)
    about = np.where(left <= right, earlier, later)[which]
    near = np.minimum(left, right)[which] <= REACH
    which, about = which[near], about[near]
    shape = (heard.sessions, len(THEMES))
    table = {name: np.zeros(shape, dtype=np.int64) for name in ("good", "bad", "strong")}
    first, last = np.full(shape, -1, dtype=np.int64), np.full(shape, -1, dtype=np.int64)
    particular = marks.good | marks.bad
    worth = np.where(particular, WORTH["good"], WORTH["fine"])
    for number, theme in enumerate(THEMES):
        mine = (marks.bits[about] & BIT[theme]) != NONE
        judgement, mention = which[mine], about[mine]
        session = marks.session[judgement]
        for name, sign in (("good", good), ("bad", bad)):
            table[name][:, number] = np.bincount(
                session, weights=worth[judgement] * sign[judgement], minlength=heard.sessions
            )
        table["strong"][:, number] = np.bincount(session, weights=particular[judgement], minlength=heard.sessions)
        begins = np.minimum(marks.token[judgement], marks.token[mention])
        ends = np.maximum(
            marks.token[judgement] + marks.length[judgement], marks.token[mention] + marks.length[mention]
        )
        # The particular judgement is quoted; among equals the first.
        order = np.lexsort((judgement, ~particular[judgement], session))[::-1]
        first[session[order], number] = begins[order]
        last[session[order], number] = ends[order] - 1
    return Claims(table["good"], table["bad"], table["strong"] > 0, first, last)


def _stretched(marks: Marks, heard: Heard) -> Ints:
    contrast = np.zeros(len(heard.numbers), dtype=np.int64)
    contrast[marks.token[marks.has("contrast")]] = 1
    steps = heard.sentence * SENTENCE_STEP + heard.pause * PAUSE_STEP + contrast * CONTRAST_STEP
    place = np.arange(len(heard.numbers)) + np.cumsum(steps) + heard.session * SESSION_GAP + heard.turn * TURN_STEP
    return place[marks.token]


def _sarcastic(marks: Marks, heard: Heard) -> Flags:
    bitter = np.bincount(marks.session, weights=marks.has("sarcasm"), minlength=heard.sessions) > 0
    return bitter[marks.session]


def quote_bounds(first: int, last: int, *, heard: Heard) -> tuple[int, int]:
    """Return the tokens of a quote: some words around it, within its sentences and its turn."""
    while (
        first > 0
        and not heard.sentence[first]
        and heard.session[first - 1] == heard.session[first]
        and heard.turn[first - 1] == heard.turn[first]
        and last - first < QUOTE_TOKENS
    ):
        first -= 1
    size = len(heard.numbers)
    while (
        last + 1 < size
        and not heard.sentence[last + 1]
        and heard.session[last + 1] == heard.session[last]
        and heard.turn[last + 1] == heard.turn[last]
        and last - first < 2 * QUOTE_TOKENS
    ):
        last += 1
    return first, last
