"""Signals within a session that cap its score, whatever else was said.

The transcript is data. A sentence addressed to the scoring machine, about points, rules or payouts, cannot raise a
score; it can only be detected here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from pipelines.scoring.features import Features
from pipelines.scoring.marks import Flags, Marks
from pipelines.scoring.tags import BIT, NONE, bits
from pipelines.scoring.themes import Claims
from pipelines.scoring.token_stream import TokenStream
from pipelines.scoring.vocabulary import Bits, Ints, Vocabulary

HUMMING = ("eh", "öh", "äh", "mm", "hm", "hmm", "um", "uh", "ehm", "mhm")
SYLLABLES = ("ba", "da", "la", "hallå", "hello", "test", "na", "a")  # sounds to test a microphone, without meaning
FEWEST_WORDS = 2  # fewer words are silence
MACHINERY_WORDS = 3  # from this many words about the scoring machine, the guest addresses it, not the café
REPEATED_WINDOW_TOKENS = 50  # variety falls with length, so it is measured by window
REPEATED_SHARE = 0.4  # a window with a lower share of distinct tokens is repetition
LEAST_TOKENS = 6  # fewer tokens are too few to classify
LEAST_LISTED = 8  # fewer tokens are no list
LIST_FUNCTION_SHARE = 0.15  # a lower share of function words is a list, not speech
STUFFED_LABELS = 3  # from this many of the rubric's own labels, the text is made for the scorer
MENU_SHARE = 0.5  # share of a list's words that name dishes, areas or staff
BROKEN_SHARE = 0.12  # share of neighbouring words that no speaker combines
OFF_TOPIC_WORDS = 2  # the minimum of off-topic words
OWN_WORDS = 2  # the maximum of the café's words beside them, without a specific statement
INSULTS = 2  # the minimum, if claims are fewer

# The maximum score of a session with the signal, by the rubric's bands.
CAPS: Mapping[str, int] = MappingProxyType(
    {
        "silence": 0,
        "gibberish": 5,
        "injection": 10,
        "off_topic": 12,
        "repetition": 15,
        "abuse": 15,
        "stuffing": 25,
        "menu_read": 25,
        "contradiction": 50,
    }
)
NAMES = tuple(sorted(CAPS))
COUNTED = (
    *("artefact", "injection", "machinery", "off_topic", "insult", "stuffing", "retraction"),
    *("item", "menu", "staff", "time", "unit", "number"),
)
QUARTERS = 4
BOTH_SIDES = 2  # minimum weight of both praise and complaint about one theme
SEVERAL_TIMES = 2  # from this many times named, both may be true: good on Saturday, bad on Monday


def signals(
    marks: Marks, stream: TokenStream, found: Features, *, claimed: Claims, vocabulary: Vocabulary
) -> dict[str, Flags]:
    """Return for each signal whether each session has it."""
    size = stream.sessions
    tokens = np.bincount(stream.session, minlength=size)
    meaning = vocabulary.tags[marks.english[stream.session].astype(np.int64), stream.numbers]
    kinds = _kinds(marks, size)
    said = tokens - _how_many(stream, vocabulary.numbers(list(HUMMING)))
    spoken = said - _how_many(stream, vocabulary.numbers(list(SYLLABLES)))
    silent = (said <= 0) | ((said < FEWEST_WORDS) & (np.bincount(marks.session, minlength=size) == 0))
    function = np.bincount(stream.session, weights=(meaning & BIT["function"]) != NONE, minlength=size)
    speaks = sum(found.counts[name] for name in ("consequences", "suggestions", "amounts", "times", "claims"))
    is_list = (tokens >= LEAST_LISTED) & (function < LIST_FUNCTION_SHARE * tokens) & (speaks < 2 * QUARTERS)
    named = np.bincount(stream.session, weights=_on_the_menu(stream, marks), minlength=size)
    is_menu = named >= MENU_SHARE * tokens
    own = kinds["item"] + kinds["menu"] + kinds["staff"]
    themes = found.counts["themes"]
    sure = sum(found.counts[name] for name in ("claims", "consequences", "comparisons"))
    substance = sure + QUARTERS * (kinds["time"] + kinds["unit"] + kinds["number"] + kinds["item"])
    raised = {
        "silence": silent,
        "gibberish": (spoken <= 0) | ((kinds["artefact"] > 0) & (themes == 0)) | _broken(stream, meaning, tokens),
        "injection": (kinds["injection"] > 0) | (kinds["machinery"] >= MACHINERY_WORDS),
        "off_topic": (kinds["off_topic"] >= OFF_TOPIC_WORDS)
        & (own <= OWN_WORDS)
        & (found.counts["strong_themes"] == 0),
        "repetition": _repeated(stream, tokens),
        "abuse": (kinds["insult"] >= INSULTS) & (kinds["insult"] * QUARTERS > substance),
        "stuffing": (kinds["stuffing"] >= STUFFED_LABELS) | (is_list & ~is_menu),
        "menu_read": is_list & is_menu,
        "contradiction": _contradicts(claimed, kinds["retraction"], times=kinds["time"]),
    }
    return {name: flags & (~silent if name != "silence" else silent) for name, flags in raised.items()}


def _contradicts(claimed: Claims, retractions: Ints, *, times: Ints) -> Flags:
    """Find sessions that praise, fault and retract a claim on one theme, not about two days."""
    both = (claimed.good >= BOTH_SIDES) & (claimed.bad >= BOTH_SIDES)
    taken_back: Flags = (retractions > 0) & (times < SEVERAL_TIMES) & both.any(axis=1)
    return taken_back


def _kinds(marks: Marks, size: int) -> dict[str, Ints]:
    """Return the number of distinct marks of each kind in each session."""
    wanted = COUNTED
    some = np.flatnonzero(marks.has(*wanted))
    order = some[np.lexsort((marks.counted_as[some], marks.session[some]))]
    session, counted = marks.session[order], marks.counted_as[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (session[1:] != session[:-1]) | (counted[1:] != counted[:-1])
    kept = order[new]
    return {
        name: np.bincount(marks.session[kept], weights=(marks.bits[kept] & BIT[name]) != NONE, minlength=size).astype(
            np.int64
        )
        for name in wanted
    }


def _how_many(stream: TokenStream, numbers: Ints) -> Ints:
    return np.bincount(stream.session[np.isin(stream.numbers, numbers)], minlength=stream.sessions)


def _on_the_menu(stream: TokenStream, marks: Marks) -> Flags:
    there = np.zeros(len(stream.numbers), dtype=np.bool_)
    there[marks.token[(marks.bits & bits("menu", "area", "staff")) != NONE]] = True
    return there


def _broken(stream: TokenStream, meaning: Bits, tokens: Ints) -> Flags:
    """Find sessions with many pairs of consecutive prepositions, which no speaker says."""
    hangs = (meaning & BIT["prepositions"]) != NONE
    same = np.zeros(len(hangs), dtype=np.bool_)
    same[1:] = (stream.session[1:] == stream.session[:-1]) & (stream.turn[1:] == stream.turn[:-1])
    broken = same & hangs & np.concatenate([[False], hangs[:-1]]) if len(hangs) else same
    pairs = np.bincount(stream.session, weights=same, minlength=stream.sessions)
    count = np.bincount(stream.session, weights=broken, minlength=stream.sessions)
    return (tokens >= LEAST_TOKENS) & (count >= BROKEN_SHARE * np.maximum(pairs, 1)) & (count > 1)


def _repeated(stream: TokenStream, tokens: Ints) -> Flags:
    """Find repetitive sessions by the share of distinct words in whole windows."""
    begins = np.cumsum(tokens) - tokens
    within = np.arange(len(stream.numbers)) - begins[stream.session]
    window = within // REPEATED_WINDOW_TOKENS
    last = np.maximum(tokens // REPEATED_WINDOW_TOKENS, 1)
    whole = window < last[stream.session]
    session, number = stream.session[whole], stream.numbers[whole]
    key = (session * (int(window.max(initial=0)) + 1) + window[whole]) * (int(number.max(initial=0)) + 1) + number
    distinct = np.bincount(
        session[np.unique(key, return_index=True)[1]] if len(key) else session, minlength=stream.sessions
    )
    counted = np.bincount(session, minlength=stream.sessions)
    return (tokens >= LEAST_TOKENS) & (distinct < REPEATED_SHARE * counted)
