"""Marks: the meaningful words and phrases of sessions, and the sign of judgements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilot.cafes import Cafe
from pipelines.scoring.lexicon import LANGUAGES
from pipelines.scoring.tags import BIT, NONE, THEME_BITS, bits
from pipelines.scoring.token_stream import TokenStream
from pipelines.scoring.vocabulary import NO_CLASS, Bits, Ints, Vocabulary

OTHER_LANGUAGE_RATIO = 2  # ratio of function words from which the other language counts as spoken
NEGATION_TOKENS = 3  # "inte alls särskilt stökigt"
LACK_TOKENS = 3  # "ingen varm tvål"
AMOUNT_TOKENS = 2  # "fem minuter", "fem hela minuter"
SESSION_GAP = 10_000  # larger than any distance, so that none spans two sessions
TURN_GAP = 2
PHRASE_BASE = 1 << 40  # offset that separates the numbers of phrases from those of words

WEIGHED = bits("problem", "praise", "negative", "positive", "generic", "generic_negative", "detail", "lack", "number")
THINGS = THEME_BITS | bits("item", "thing", "menu", "unit")

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks in spoken order; a phrase is one mark at its first word.

    Attributes:
        token: The mark's first token among all tokens.
        length: Its number of tokens.
        session: Its session.
        place: Its position; distances are counted in words, ignoring punctuation.
        bits: Its meanings.
        counted_as: The entry that it counts as; equal entries of a session count once.
        good: Whether it is a specific praise.
        bad: Whether it is a specific complaint.
        fine: Whether it is a general praise ("bra").
        poor: Whether it is a general complaint.
        turned: Whether a negation precedes it; "not bad" is no praise.
        english: Whether the session is read as English.
    """

    token: Ints
    length: Ints
    session: Ints
    place: Ints
    bits: Bits
    counted_as: Ints
    good: Flags
    bad: Flags
    fine: Flags
    poor: Flags
    turned: Flags
    english: Flags

    def has(self, *names: str) -> Flags:
        """Return for each mark whether it has one of the meanings `names`."""
        found: Flags = (self.bits & bits(*names)) != NONE
        return found


def places(stream: TokenStream) -> Ints:
    """Return each token's position, with a small gap between turns and an infinite one between sessions."""
    return np.arange(len(stream.numbers)) + stream.session * SESSION_GAP + stream.turn * TURN_GAP


def read_marks(
    stream: TokenStream, *, vocabulary: Vocabulary, languages: Sequence[str], cafes: Sequence[Cafe | None]
) -> Marks:
    """Return the marks of every session, each read in its spoken language."""
    english = _spoken_english(stream, vocabulary, languages)
    place = english[stream.session].astype(np.int64)
    meaning = vocabulary.tags[place, stream.numbers]
    _add_names(meaning, stream, vocabulary, cafes)
    counted = vocabulary.counted_as[place, stream.numbers]
    before = _tokens_before(stream)
    token, length, phrase_bits, phrase_as = _phrases(stream, vocabulary, vocabulary.word_class[place, stream.numbers])
    empty = (phrase_bits & BIT["empty"]) != NONE
    hollow = _covered(token[empty], length[empty], len(meaning))
    judged = np.where(hollow, meaning & ~WEIGHED, meaning)
    judged, counted = _amounts(judged, counted, before)
    at = np.concatenate([np.flatnonzero(judged != NONE), token])
    order = np.argsort(at, kind="stable")
    own = len(at) - len(token)
    every = np.concatenate([judged[at[:own]], phrase_bits])[order]
    at_sorted = at[order]
    is_word = order < own
    turned = _turned(meaning, before)[at_sorted] & is_word
    lacking = ((every & BIT["lack"]) != NONE) & is_word
    follows = _lacked(meaning, before)[at_sorted]
    scarce = ((every & BIT["scarce"]) != NONE) & is_word & _scarce(meaning, before)[at_sorted]
    too = _after_too(meaning, before)[at_sorted] & is_word
    generic = ((every & BIT["generic"]) != NONE) & ((every & bits("detail", "thing")) == NONE)
    generic_bad = (every & BIT["generic_negative"]) != NONE
    good = ((every & bits("praise", "positive")) != NONE) & ~generic & ~generic_bad
    bad = ((every & bits("problem", "negative")) != NONE) & ~generic_bad & ~lacking
    both = good & bad
    good, bad = good & ~both, bad | both
    good, bad = np.where(turned, bad & ~both, good), np.where(turned, good | both, bad)
    spoiled = too & ((every & bits("detail", "generic", "positive", "negative")) != NONE)
    return Marks(
        token=at_sorted,
        length=np.concatenate([np.ones(own, dtype=np.int64), length])[order],
        session=stream.session[at_sorted],
        place=places(stream)[at_sorted],
        bits=every,
        counted_as=np.concatenate([counted[at[:own]], phrase_as])[order],
        good=(good & ~spoiled) | (lacking & (follows == -1)),
        bad=bad | spoiled | (lacking & (follows == 1)) | scarce,
        fine=np.where(turned, False, generic & ~generic_bad) & ~good & ~bad & ~spoiled,
        poor=np.where(turned, generic, generic_bad) & ~good & ~bad & ~spoiled,
        turned=turned,
        english=english,
    )


def _spoken_english(stream: TokenStream, vocabulary: Vocabulary, languages: Sequence[str]) -> Flags:
    counts = [
        np.bincount(
            stream.session,
            weights=(vocabulary.tags[place, stream.numbers] & BIT["function"]) != NONE,
            minlength=stream.sessions,
        )
        for place in range(len(LANGUAGES))
    ]
    asked = np.fromiter((language == "en" for language in languages), np.bool_, stream.sessions)
    here, there = np.where(asked, counts[1], counts[0]), np.where(asked, counts[0], counts[1])
    return asked ^ (there > OTHER_LANGUAGE_RATIO * here + 1)


def _add_names(meaning: Bits, stream: TokenStream, vocabulary: Vocabulary, cafes: Sequence[Cafe | None]) -> None:
    which: dict[int, tuple[Cafe, list[int]]] = {}
    for session, cafe in enumerate(cafes):
        if cafe is not None:
            which.setdefault(id(cafe), (cafe, []))[1].append(session)
    owner = np.full(stream.sessions, -1, dtype=np.int64)
    for place, (_, sessions) in enumerate(which.values()):
        owner[sessions] = place
    whose = owner[stream.session]
    for place, (cafe, _) in enumerate(which.values()):
        here = whose == place
        meaning[here] |= vocabulary.names(cafe)[stream.numbers[here]]


def _tokens_before(stream: TokenStream) -> Ints:
    """Return the number of preceding tokens in the turn of each token."""
    if not len(stream.numbers):
        return np.zeros(0, dtype=np.int64)
    key = stream.session * SESSION_GAP + stream.turn
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    return np.arange(len(key)) - np.repeat(begins, np.diff(np.append(begins, len(key))))


def _phrases(stream: TokenStream, vocabulary: Vocabulary, word_class: Ints) -> tuple[Ints, Ints, Bits, Ints]:
    trie = vocabulary.phrases
    key = stream.session * SESSION_GAP + stream.turn
    at = np.flatnonzero(word_class != NO_CLASS)
    state = trie.roots[word_class[at]]
    at, state = at[state >= 0], state[state >= 0]
    found: list[tuple[Ints, Ints, Ints]] = []
    depth = 1
    while len(at):
        following = at + depth
        inside = following < len(word_class)
        at, state, following = at[inside], state[inside], following[inside]
        same = (key[following] == key[at]) & (word_class[following] != NO_CLASS)
        at, state, following = at[same], state[same], following[same]
        wanted = state * trie.classes + word_class[following]
        index = np.minimum(np.searchsorted(trie.keys, wanted), len(trie.keys) - 1)
        hit = trie.keys[index] == wanted
        at, state = at[hit], trie.following[index[hit]]
        depth += 1
        ends = trie.bits[state] != NONE
        found.append((at[ends], np.full(int(ends.sum()), depth, dtype=np.int64), state[ends]))
    if not found:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing.astype(np.uint64), nothing
    token, length, states = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return token, length, trie.bits[states], PHRASE_BASE + states


def _covered(token: Ints, length: Ints, size: int) -> Flags:
    steps = np.zeros(size + 1, dtype=np.int64)
    np.add.at(steps, token, 1)
    np.add.at(steps, token + length, -1)
    return np.cumsum(steps)[:size] > 0


def _earlier(flags: Flags, before: Ints, steps: int) -> Flags:
    """Return for each token whether the token `steps` before it is flagged and of the same turn."""
    moved = np.zeros_like(flags)
    moved[steps:] = flags[:-steps] if steps else flags
    there: Flags = moved & (before >= steps)
    return there


def _later(flags: Flags, before: Ints, steps: int) -> Flags:
    moved, count = np.zeros_like(flags), np.zeros_like(before)
    moved[:-steps], count[:-steps] = flags[steps:], before[steps:]
    there: Flags = moved & (count >= steps)
    return there


def _turned(meaning: Bits, before: Ints) -> Flags:
    no = (meaning & BIT["negator"]) != NONE
    after: Flags = np.logical_or.reduce([_earlier(no, before, steps) for steps in range(1, NEGATION_TOKENS + 1)])
    turned: Flags = after & ~no
    return turned


def _after_too(meaning: Bits, before: Ints) -> Flags:
    return _earlier((meaning & BIT["too"]) != NONE, before, 1)


def _lacked(meaning: Bits, before: Ints) -> Ints:
    """Return 1 if a thing soon follows, -1 if a nuisance does ("ingen kö", "no noise"), else 0."""
    trouble = (meaning & bits("queue", "noise", "negative", "generic_negative")) != NONE
    thing = (meaning & THINGS) != NONE
    bad: Flags = np.logical_or.reduce([_later(trouble, before, steps) for steps in range(1, LACK_TOKENS)])
    lacks = np.logical_or.reduce([_later(thing, before, steps) for steps in range(1, LACK_TOKENS + 1)])
    return np.where(bad, -1, lacks.astype(np.int64))


def _scarce(meaning: Bits, before: Ints) -> Flags:
    """Return for each token whether a number or a thing soon follows ("bara två uttag")."""
    some = (meaning & (THINGS | BIT["number"])) != NONE
    soon: Flags = np.logical_or.reduce([_later(some, before, steps) for steps in range(1, AMOUNT_TOKENS + 1)])
    return soon


def _amounts(meaning: Bits, counted: Ints, before: Ints) -> tuple[Bits, Ints]:
    """Count a unit only after a number, and a number only if it follows none."""
    number = (meaning & BIT["number"]) != NONE
    follows = np.logical_or.reduce([_earlier(number, before, steps) for steps in range(1, AMOUNT_TOKENS + 1)])
    meaning = np.where(follows, meaning, meaning & ~bits("unit", "money"))
    return np.where(number & _earlier(number, before, 1), meaning & ~BIT["number"], meaning), counted
