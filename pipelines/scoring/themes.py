"""Themes: the subjects of claims, their polarity and their positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipelines.scoring.marks import SESSION_GAP, Flags, Marks
from pipelines.scoring.nearness import nearest, neighbours
from pipelines.scoring.tags import BIT, NONE, THEME_BITS, THEMES, bits
from pipelines.scoring.token_stream import TokenStream
from pipelines.scoring.vocabulary import Ints

REACH = 12  # a judgement within this many words of a theme is about it,
SENTENCE_STEP = 4  # counting a sentence's end as this many words,
PAUSE_STEP = 1
CONTRAST_STEP = 3  # "men", "but"
TURN_STEP = 8
POLARITIES = ("positive", "negative", "mixed")
PARTICULAR, GENERAL, NOT_BAD = 4, 2, 1  # weights of judgements: "frasig", "god", "inte stökigt"
MIXED_SHARE = 0.4  # mixed if the lesser side is at least this share of the greater
COMPLAINED_OF = ("queue", "noise", "cleanliness", "toilets", "opening_hours", "payment", "accessibility", "wifi")
MONEY_REACH = 14  # words between a sum and the thing that it is compared with
BESIDE = 4  # words
UNSAID = 2  # weight against a theme that people mention only when it is wrong, without a judgement near
LEAST_FUNCTION_SHARE = 0.15  # a lower share is a list, not speech
QUOTE_TOKENS = 8  # words quoted on either side of the claim, within its sentence


@dataclass(frozen=True, slots=True)
class Claims:
    """One theme's judgement in a session.

    Attributes:
        good: Weight of praise, by session and theme.
        bad: Weight of complaints.
        strong: Whether a claim about it is specific.
        first: The first token of its quote; -1 if there is no claim.
        last: The last token of its quote.
    """

    good: Ints
    bad: Ints
    strong: Flags
    first: Ints
    last: Ints


class PlacedThemes(NamedTuple):
    """The claimed themes of each session, with polarity and the quote's span."""

    session: list[int]
    theme: list[str]
    polarity: list[str]
    turn: list[int]
    start: list[int]
    end: list[int]


def claims(marks: Marks, stream: TokenStream) -> Claims:
    """Return the claims about each theme."""
    place = _stretched(marks, stream)
    meaning = np.where(marks.has("staff"), marks.bits | BIT["service"], marks.bits)
    named = (meaning & THEME_BITS) != NONE
    sarcastic = _sarcastic(marks, stream)
    good = (marks.good | marks.fine) & ~sarcastic
    bad = marks.bad | marks.poor | marks.has("insult") | ((marks.good | marks.fine) & sarcastic)
    judged = good | bad
    which = np.flatnonzero(judged)
    earlier, later = neighbours(place, targets=named)
    left = np.where(earlier >= 0, place - place[np.maximum(earlier, 0)], SESSION_GAP)
    right = np.where(later >= 0, place[np.maximum(later, 0)] - place, SESSION_GAP)
    about = np.where(left <= right, earlier, later)[which]
    near = np.minimum(left, right)[which] <= REACH
    # People mention some subjects only when they are wrong: a good word nearby is about something else, unless
    # adjacent.
    complained = (meaning[about] & bits(*COMPLAINED_OF)) != NONE
    near &= ~complained | bad[which] | (np.minimum(left, right)[which] <= BESIDE)
    which, about = which[near], about[near]
    shape = (stream.sessions, len(THEMES))
    table = {name: np.zeros(shape, dtype=np.int64) for name in ("good", "bad", "strong")}
    first, last = np.full(shape, -1, dtype=np.int64), np.full(shape, -1, dtype=np.int64)
    particular = marks.good | marks.bad
    worth = np.where(particular & ~(marks.turned & marks.good), PARTICULAR, GENERAL)
    worth = np.where((marks.turned & marks.good) | (marks.fine & marks.has("hedge")), NOT_BAD, worth)
    spoken = _spoken(marks, stream)
    for number, theme in enumerate(THEMES):
        mine = (meaning[about] & BIT[theme]) != NONE
        judgement, mention = which[mine], about[mine]
        session = marks.session[judgement]
        for name, sign in (("good", good), ("bad", bad)):
            table[name][:, number] = np.bincount(
                session, weights=worth[judgement] * sign[judgement], minlength=stream.sessions
            )
        table["strong"][:, number] = np.bincount(session, weights=particular[judgement], minlength=stream.sessions)
        mentions = np.flatnonzero((meaning & BIT[theme]) != NONE)
        if theme in COMPLAINED_OF:
            silent = mentions[spoken[marks.session[mentions]]][::-1]
            silent = silent[(table["good"] + table["bad"])[marks.session[silent], number] == 0]
            table["bad"][marks.session[silent], number] = UNSAID
            first[marks.session[silent], number] = marks.token[silent]
            last[marks.session[silent], number] = marks.token[silent] + marks.length[silent] - 1
        begins = np.minimum(marks.token[judgement], marks.token[mention])
        ends = np.maximum(
            marks.token[judgement] + marks.length[judgement], marks.token[mention] + marks.length[mention]
        )
        # Quote the most specific judgement; among equals the first.
        order = np.lexsort((judgement, ~particular[judgement], session))[::-1]
        first[session[order], number] = begins[order]
        last[session[order], number] = ends[order] - 1
    _add_implied(table, first, last, marks=marks, spoken=spoken)
    _add_prices(table, first, last, marks=marks, stream=stream)
    return Claims(table["good"], table["bad"], table["strong"] > 0, first, last)


def _stretched(marks: Marks, stream: TokenStream) -> Ints:
    contrast = np.zeros(len(stream.numbers), dtype=np.int64)
    contrast[marks.token[marks.has("contrast")]] = 1
    steps = stream.sentence * SENTENCE_STEP + stream.pause * PAUSE_STEP + contrast * CONTRAST_STEP
    place = np.arange(len(stream.numbers)) + np.cumsum(steps) + stream.session * SESSION_GAP + stream.turn * TURN_STEP
    return place[marks.token]


def _add_implied(table: dict[str, Ints], first: Ints, last: Ints, *, marks: Marks, spoken: Flags) -> None:
    """Fault the themes of a session without judgements near a comparison, consequence or suggestion."""
    acts = marks.has("comparison", "consequence", "suggestion", "detail")
    near = nearest(marks.place, targets=acts, themselves=False) <= REACH
    nothing = (table["good"] + table["bad"]).sum(axis=1) == 0
    for number, theme in enumerate(THEMES):
        implied = np.flatnonzero(marks.has(theme) & near & (nothing & spoken)[marks.session])[::-1]
        session = marks.session[implied]
        table["bad"][session, number] = UNSAID
        first[session, number] = marks.token[implied]
        last[session, number] = marks.token[implied] + marks.length[implied] - 1


def _add_prices(table: dict[str, Ints], first: Ints, last: Ints, *, marks: Marks, stream: TokenStream) -> None:
    """Count a sum of money near a comparison or a fault as a claim about the price."""
    price = THEMES.index("price")
    held_against = marks.bad | marks.has("comparison")
    against = nearest(marks.place, targets=held_against, themselves=False) <= MONEY_REACH
    named = np.flatnonzero(marks.has("money") & against)[::-1]
    said = (table["good"] + table["bad"])[:, price] > 0
    named = named[~said[marks.session[named]]]
    session = marks.session[named]
    table["bad"][session, price] = PARTICULAR
    first[session, price] = marks.token[named]
    last[session, price] = marks.token[named] + marks.length[named] - 1


def _spoken(marks: Marks, stream: TokenStream) -> Flags:
    """Find sessions that speak in sentences, and not only off topic."""
    tokens = np.bincount(stream.session, minlength=stream.sessions)
    off = np.bincount(marks.session, weights=marks.has("off_topic", "stuffing", "injection"), minlength=stream.sessions)
    function = np.bincount(marks.session, weights=marks.has("function"), minlength=stream.sessions)
    speaks: Flags = (function >= LEAST_FUNCTION_SHARE * tokens) & (off == 0)
    return speaks


def _sarcastic(marks: Marks, stream: TokenStream) -> Flags:
    bitter = np.bincount(marks.session, weights=marks.has("sarcasm"), minlength=stream.sessions) > 0
    bitterly: Flags = bitter[marks.session]
    return bitterly


def place_themes(claimed: Claims, stream: TokenStream) -> PlacedThemes:
    """Return every theme's polarity and quote, session by session."""
    session, theme = np.nonzero((claimed.good + claimed.bad) > 0)
    good, bad = claimed.good[session, theme], claimed.bad[session, theme]
    mixed = np.minimum(good, bad) >= MIXED_SHARE * np.maximum(good, bad)
    sign = np.where(mixed, 2, (bad > good).astype(np.int64))
    first, last = _quoted(claimed.first[session, theme], claimed.last[session, theme], stream=stream)
    return PlacedThemes(
        session.tolist(),
        [THEMES[number] for number in theme.tolist()],
        [POLARITIES[number] for number in sign.tolist()],
        stream.turn[first].tolist(),
        stream.starts[first].tolist(),
        stream.ends[last].tolist(),
    )


def _quoted(first: Ints, last: Ints, *, stream: TokenStream) -> tuple[Ints, Ints]:
    """Widen quotes by some words, within their sentence and the turn in which they begin."""
    new_turn = np.diff(stream.session * SESSION_GAP + stream.turn, prepend=-1) != 0
    begins, ends = _stretches(new_turn | (stream.sentence > 0))
    _, turn_ends = _stretches(new_turn)
    last = np.minimum(last, turn_ends[first])
    wider = np.maximum(0, QUOTE_TOKENS - (last - first))
    return np.maximum(begins[first], first - wider), np.minimum(ends[last], last + wider)


def _stretches(new: Flags) -> tuple[Ints, Ints]:
    """Return for each token the first and last token of its stretch; a stretch begins at each `new`."""
    at = np.flatnonzero(new)
    lengths = np.diff(np.append(at, len(new)))
    return np.repeat(at, lengths), np.repeat(at + lengths - 1, lengths)
