"""Numbers every known token and stores its meanings, so that a token costs one dictionary look-up.

Meanings are computed once per distinct token. Phrases are a trie over the numbers of their words, so that a million
tokens are matched in a few array steps.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilot.cafes import Cafe
from pipelines.scoring.lexicon import LANGUAGES, names_of, plain, words_of
from pipelines.scoring.tags import BIT, NONE, bits

REMEMBERED_TOKENS = 300_000  # distinct tokens; above it the vocabulary is emptied (about 60 MB)
REMEMBERED_CAFES = 64
GROWTH = 2
NO_CLASS = -1
WORD_WITH_ENDING = 4  # "omars": letters that may follow a name

Ints = NDArray[np.int64]
Bits = NDArray[np.uint64]


class Phrases(NamedTuple):
    """The trie: `keys` are (state, word class) pairs, sorted.

    Attributes:
        classes: The number of word classes.
        roots: State after a first word of each class, or -1.
        keys: state * classes + class, sorted.
        following: The next state of each key.
        bits: The meanings of the phrase that ends in each state; 0 if none does.
    """

    classes: int
    roots: Ints
    keys: Ints
    following: Ints
    bits: Bits


class _Numbers(dict[str, int]):
    """Assigns the next number to an unknown token."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, token: str) -> int:
        number = len(self)
        self[token] = number
        self._vocabulary.learn(number, token)
        return number


class Vocabulary:
    """Tokens as numbers, with their meanings, counted forms and phrase classes in each language."""

    def __init__(self) -> None:
        self._classes: list[dict[str, int]] = []
        self._stem_classes: list[dict[str, int]] = []
        self.phrases = self._trie()
        self._begin()

    def _begin(self) -> None:
        self._numbers = _Numbers(self)
        self._entries: dict[str, int] = {}
        self._names: dict[Cafe, tuple[int, Bits]] = {}
        self.tags = np.zeros((len(LANGUAGES), 1024), dtype=np.uint64)
        self.counted_as = np.zeros((len(LANGUAGES), 1024), dtype=np.int64)
        self.word_class = np.full((len(LANGUAGES), 1024), NO_CLASS, dtype=np.int64)

    def numbers(self, tokens: list[str]) -> Ints:
        """Return the number of each token, learning unknown ones."""
        if len(self._numbers) > REMEMBERED_TOKENS:
            self._begin()
        return np.fromiter(map(self._numbers.__getitem__, tokens), np.int64, len(tokens))

    def learn(self, number: int, token: str) -> None:
        """Look up the meanings of `token` and store them under `number`."""
        if number >= self.tags.shape[1]:
            self.tags = np.concatenate([self.tags, np.zeros_like(self.tags)], axis=1)
            self.counted_as = np.concatenate([self.counted_as, np.zeros_like(self.counted_as)], axis=1)
            self.word_class = np.concatenate([self.word_class, np.full_like(self.word_class, NO_CLASS)], axis=1)
        word = plain(token) or token
        for place, language in enumerate(LANGUAGES):
            tags, entry = words_of(language).tags_of(word)
            self.tags[place, number] = bits(*tags)
            self.counted_as[place, number] = self._entries.setdefault(entry, len(self._entries))
            self.word_class[place, number] = self._class(place, word)

    def names(self, cafe: Cafe) -> Bits:
        """Return for each number whether it is one of the café's names."""
        known = len(self._numbers)
        done, found = self._names.get(cafe, (0, np.zeros(0, dtype=np.uint64)))
        if done < known:
            more = np.zeros(known - done, dtype=np.uint64)
            names = tuple(names_of(cafe))
            staff = {name for tag, name in names if tag == "staff"}
            others = [(tag, name) for tag, name in names if tag != "staff"]
            for place, token in enumerate(list(self._numbers)[done:]):
                word = plain(token)
                if word in staff or word.removesuffix("s") in staff:
                    more[place] |= BIT["staff"]
                for tag, name in others:
                    if word.startswith(name) and len(word) <= len(name) + WORD_WITH_ENDING:
                        more[place] |= BIT[tag]
            found = np.concatenate([found, more])
            if len(self._names) >= REMEMBERED_CAFES:
                self._names.clear()
            self._names[cafe] = (known, found)
        return found

    def _class(self, place: int, word: str) -> int:
        exact = self._classes[place].get(word)
        if exact is not None:
            return exact
        stems = self._stem_classes[place]
        return next((stems[word[:end]] for end in range(len(word), 1, -1) if word[:end] in stems), NO_CLASS)

    def _trie(self) -> Phrases:
        edges: dict[tuple[int, int], int] = {}
        meanings: list[np.uint64] = [NONE]
        classes = 0
        for language in LANGUAGES:
            exact: dict[str, int] = {}
            stems: dict[str, int] = {}
            for words, tag in words_of(language).phrases:
                state = 0
                for word in words:
                    of = stems if word.endswith("*") else exact
                    key = word.removesuffix("*")
                    if key not in of:
                        of[key] = classes
                        classes += 1
                    step = (state, of[key])
                    if step not in edges:
                        edges[step] = len(meanings)
                        meanings.append(NONE)
                    state = edges[step]
                meanings[state] |= BIT[tag]
            self._classes.append(exact)
            self._stem_classes.append(stems)
        roots = np.full(classes, -1, dtype=np.int64)
        for (state, word_class), following in edges.items():
            if state == 0:
                roots[word_class] = following
        keys = np.array([state * classes + word_class for state, word_class in edges], dtype=np.int64)
        order = np.argsort(keys)
        following_states = np.array(list(edges.values()), dtype=np.int64)
        return Phrases(classes, roots, keys[order], following_states[order], np.array(meanings, dtype=np.uint64))


@cache
def vocabulary() -> Vocabulary:
    """Return this process's vocabulary."""
    return Vocabulary()
