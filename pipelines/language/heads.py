"""Linear models over `grams.py`, evaluated on many texts at once with numpy.

The values of a text follow from sums over its tokens, so a token's n-grams are looked up once and remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.language.grams import Vocabulary, gram_features, word_feature

REMEMBERED_TOKENS = 60_000  # distinct tokens; above it the memory is emptied
FIRST_TOKENS = 4_096
BLOCK_TEXTS = 256  # evaluated together: their tokens' values stay in the processor's cache
PAIR = "p "  # begins the name of a pair of words
TINY = 1e-12
MOST_STEPS = 127

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Heads:
    """Some linear models with one vocabulary.

    Attributes:
        vocabulary: Their features.
        weights: By feature and model, in whole steps of `step`.
        step: By model.
        intercepts: By model.
    """

    vocabulary: Vocabulary
    weights: NDArray[np.int8]
    step: Floats
    intercepts: Floats

    @classmethod
    def rounded(cls, vocabulary: Vocabulary, weights: Floats, intercepts: Floats) -> Heads:
        """Return models whose weights are rounded to 8 bits, each model with its own step."""
        step = np.maximum(np.abs(weights).max(axis=0), TINY).astype(np.float32) / np.float32(MOST_STEPS)
        return cls(vocabulary, np.rint(weights / step).astype(np.int8), step, intercepts)


class Sums(NamedTuple):
    """The sums over some texts' tokens, of weighted values and, last, of squares; by text and model."""

    words: Floats
    grams: Floats

    def joined(self, begins: Ints) -> Sums:
        """Return the sums of longer texts; each begins at one of `begins`, which rise."""
        return Sums(np.add.reduceat(self.words, begins), np.add.reduceat(self.grams, begins))


class HeadReader:
    """Evaluates models on tokenised texts, and remembers tokens."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._alone = Lock()  # the memory of tokens is shared by the threads that read
        self._width = len(heads.intercepts) + 1
        names = [name for name in heads.vocabulary.index if name.startswith(PAIR)]
        pairs = [name[len(PAIR) :].split(" ") for name in names]
        self._pair_tokens = list(dict.fromkeys(token for pair in pairs for token in pair))
        self._forget()
        keys = np.array([(self._numbers[a] << 32) | self._numbers[b] for a, b in pairs], dtype=np.int64)
        order = np.argsort(keys, kind="stable")
        self._pair_keys = keys[order]
        places = np.array([heads.vocabulary.index[name] for name in names], dtype=np.int64)[order]
        self._pair_values = self._weighted(places, np.asarray(heads.vocabulary.weight, dtype=np.float32)[places])

    def sums(self, texts: Sequence[Sequence[str]]) -> Sums:
        """Return the sums of tokenised texts."""
        words = np.zeros((len(texts), self._width), dtype=np.float32)
        grams = np.zeros_like(words)
        for begin in range(0, len(texts), BLOCK_TEXTS):
            block = slice(begin, begin + BLOCK_TEXTS)
            with self._alone:
                self._add(texts[block], words[block], grams[block])
        return Sums(words, grams)

    def _add(self, texts: Sequence[Sequence[str]], words: Floats, grams: Floats) -> None:
        counts = np.fromiter((len(text) for text in texts), np.int64, len(texts))
        numbers = self._numbered(texts, int(counts.sum()))
        some = np.flatnonzero(counts)
        if len(some):
            begins = (np.cumsum(counts) - counts)[some]
            words[some] = np.add.reduceat(self._words[numbers], begins)
            grams[some] = np.add.reduceat(self._grams[numbers], begins)
            self._add_pairs(words, numbers, np.repeat(np.arange(len(texts)), counts))

    def values(self, sums: Sums) -> Floats:
        """Return each text's values: shape (texts, models)."""
        return self._heads.intercepts + _normalised(sums.words) + _normalised(sums.grams)

    def _numbered(self, texts: Sequence[Sequence[str]], size: int) -> Ints:
        if len(self._numbers) > REMEMBERED_TOKENS:
            self._forget()
        known = self._numbers
        flat = [token for text in texts for token in text]
        for token in flat:
            if token not in known:
                known[token] = len(known)
                self._tokens.append(token)
        numbers = np.fromiter((known[token] for token in flat), np.int64, size)
        self._read_new(numbers)
        return numbers

    def _forget(self) -> None:
        """Forget all tokens but those of pairs, whose numbers the pairs' keys hold."""
        self._tokens = list(self._pair_tokens)
        self._numbers = {token: number for number, token in enumerate(self._tokens)}
        size = max(FIRST_TOKENS, 2 * len(self._tokens))
        self._is_read = np.zeros(size, dtype=np.bool_)
        self._words = np.zeros((size, self._width), dtype=np.float32)
        self._grams = np.zeros((size, self._width), dtype=np.float32)

    def _read_new(self, numbers: Ints) -> None:
        while len(self._tokens) > len(self._is_read):
            self._is_read = np.concatenate([self._is_read, np.zeros_like(self._is_read)])
            self._words = np.concatenate([self._words, np.zeros_like(self._words)])
            self._grams = np.concatenate([self._grams, np.zeros_like(self._grams)])
        for number in np.unique(numbers[~self._is_read[numbers]]).tolist():
            token = self._tokens[number]
            self._words[number] = self._value([word_feature(token)])
            self._grams[number] = self._value(gram_features(token))
            self._is_read[number] = True

    def _value(self, names: Iterable[str]) -> Floats:
        """Return the sums of some features' weighted values, and the sum of their squares."""
        own = self._heads.vocabulary.valued(names)
        places = np.array([place for place, _ in own], dtype=np.int64)
        values = np.array([value for _, value in own], dtype=np.float32)
        found: Floats = self._weighted(places, values).sum(axis=0, dtype=np.float32)
        return found

    def _weighted(self, places: Ints, values: Floats) -> Floats:
        """Return each feature's value times its weights, and its square."""
        found = np.empty((len(places), self._width), dtype=np.float32)
        found[:, :-1] = self._heads.weights[places] * (values[:, None] * self._heads.step)
        found[:, -1] = values * values
        return found

    def _add_pairs(self, words: Floats, numbers: Ints, text: Ints) -> None:
        if len(numbers) < 2 or not len(self._pair_keys):
            return
        keys = (numbers[:-1] << 32) | numbers[1:]
        place = np.minimum(np.searchsorted(self._pair_keys, keys), len(self._pair_keys) - 1)
        hit = np.flatnonzero((self._pair_keys[place] == keys) & (text[:-1] == text[1:]))
        if len(hit):
            own = text[hit]
            begins = np.flatnonzero(np.diff(own, prepend=-1))
            words[own[begins]] += np.add.reduceat(self._pair_values[place[hit]], begins)


def _normalised(sums: Floats) -> Floats:
    length = np.sqrt(np.maximum(sums[:, -1:], np.float32(TINY)))
    return np.divide(sums[:, :-1], length, dtype=np.float32)
