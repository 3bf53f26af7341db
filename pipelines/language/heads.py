"""Linear models over `grams.py`, evaluated on many texts at once with numpy.

The values of a text follow from sums over its tokens, so a token's n-grams are looked up once and remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.language.grams import Vocabulary, gram_features, pair_feature, word_feature

REMEMBERED_TOKENS = 60_000  # distinct tokens; above it the memory is emptied
FIRST_TOKENS = 4_096
TINY = 1e-12

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Heads:
    """Some linear models with one vocabulary.

    Attributes:
        names: The models' names.
        vocabulary: Their features.
        weights: By feature and model.
        intercepts: By model.
    """

    names: tuple[str, ...]
    vocabulary: Vocabulary
    weights: Floats
    intercepts: Floats


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
        self._count = len(heads.names)
        self._numbers: dict[str, int] = {}
        self._words = np.zeros((FIRST_TOKENS, self._count + 1), dtype=np.float32)
        self._grams = np.zeros((FIRST_TOKENS, self._count + 1), dtype=np.float32)
        self._pair_keys: Ints = np.zeros(0, dtype=np.int64)
        self._pair_values = np.zeros((0, self._count + 1), dtype=np.float32)
        self._forget()

    def sums(self, texts: Sequence[Sequence[str]]) -> Sums:
        """Return the sums of tokenised texts."""
        counts = np.fromiter((len(text) for text in texts), np.int64, len(texts))
        words = np.zeros((len(texts), self._count + 1), dtype=np.float32)
        grams = np.zeros_like(words)
        numbers = self._numbered(texts, int(counts.sum()))
        some = np.flatnonzero(counts)
        if len(some):
            begins = (np.cumsum(counts) - counts)[some]
            words[some] = np.add.reduceat(self._words[numbers], begins)
            grams[some] = np.add.reduceat(self._grams[numbers], begins)
            self._add_pairs(words, numbers, np.repeat(np.arange(len(texts)), counts))
        return Sums(words, grams)

    def values(self, sums: Sums) -> Floats:
        """Return each text's values: shape (texts, models)."""
        return self._heads.intercepts + _normalised(sums.words) + _normalised(sums.grams)

    def _numbered(self, texts: Sequence[Sequence[str]], size: int) -> Ints:
        if len(self._numbers) > REMEMBERED_TOKENS:
            self._forget()
        known = self._numbers
        flat = [token for text in texts for token in text]
        for token in {token for token in flat if token not in known}:
            self._remember(token)
        return np.fromiter((known[token] for token in flat), np.int64, size)

    def _forget(self) -> None:
        """Forget all tokens but those of pairs, whose numbers the pairs' keys hold."""
        self._numbers = {}
        pairs = [name.split(" ")[1:] for name in self._heads.vocabulary.index if name.startswith("p ")]
        for token in sorted({token for pair in pairs for token in pair}):
            self._remember(token)
        keys = [(self._numbers[first] << 32) | self._numbers[second] for first, second in pairs]
        order = np.argsort(np.array(keys, dtype=np.int64), kind="stable")
        self._pair_keys = np.array(keys, dtype=np.int64)[order]
        rows = [self._value([pair_feature(*pairs[place])]) for place in order.tolist()]
        self._pair_values = np.array(rows, dtype=np.float32).reshape(len(rows), self._count + 1)

    def _remember(self, token: str) -> None:
        number = len(self._numbers)
        if number >= len(self._words):
            self._words = np.concatenate([self._words, np.zeros_like(self._words)])
            self._grams = np.concatenate([self._grams, np.zeros_like(self._grams)])
        self._words[number] = self._value([word_feature(token)])
        self._grams[number] = self._value(gram_features(token))
        self._numbers[token] = number

    def _value(self, names: Iterable[str]) -> Floats:
        """Return the sums of some features' weighted values, and the sum of their squares."""
        found = np.zeros(self._count + 1, dtype=np.float32)
        own = self._heads.vocabulary.valued(names)
        if own:
            values = np.array([value for _, value in own], dtype=np.float32)
            found[:-1] = values @ self._heads.weights[[place for place, _ in own]]
            found[-1] = np.sum(values * values)
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
