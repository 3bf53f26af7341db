"""Linear models over `grams.py`, evaluated on many texts at once with numpy.

The values of a text follow from sums over its tokens, so a token's n-grams are looked up once and remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from pipelines.language.grams import Vocabulary, gram_features, word_feature
from pipelines.language.tokens import Ints, Texts

REMEMBERED_TOKENS = 60_000  # distinct tokens; above it the memory is emptied
FIRST_TOKENS = 4_096
BLOCK_TOKENS = 512  # read together
BLOCK_TEXTS = 512  # summed together: their sums stay in the processor's cache
PAIR = "p "  # begins the name of a pair of words
TINY = 1e-12
MOST_STEPS = 127

Floats = NDArray[np.float32]


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


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """The sums over some texts' tokens.

    Attributes:
        table: By text: the weighted values of words and pairs by model and their summed squares; the same of n-grams.
    """

    table: Floats

    def joined(self, counts: Ints, texts: Ints | None = None) -> Sums:
        """Return the sums of longer texts: each of the next `counts` texts, or of those numbered `texts`."""
        return Sums(summed(self.table, np.arange(len(self.table)) if texts is None else texts, counts))


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

    def sums(self, texts: Texts) -> Sums:
        """Return the sums of tokenised texts."""
        with self._alone:
            numbers = self._numbered(texts)
            table = summed(self._values, numbers, texts.counts)
            self._add_pairs(table[:, : self._width], numbers, np.repeat(np.arange(len(texts.counts)), texts.counts))
        return Sums(table)

    def values(self, sums: Sums) -> Floats:
        """Return each text's values: shape (texts, models)."""
        words, grams = sums.table[:, : self._width], sums.table[:, self._width :]
        return self._heads.intercepts + _normalised(words) + _normalised(grams)

    def _numbered(self, texts: Texts) -> Ints:
        """Return this memory's number of each token, with its values read."""
        if len(self._numbers) > REMEMBERED_TOKENS:
            self._forget()
        known = self._numbers
        used = np.flatnonzero(np.bincount(texts.numbers, minlength=len(texts.names)))
        own = np.zeros(len(texts.names), dtype=np.int64)
        for place in used.tolist():
            token = texts.names[place]
            number = known.get(token)
            if number is None:
                number = known[token] = len(known)
                self._tokens.append(token)
            own[place] = number
        self._read_new(own[used])
        numbers: Ints = own[texts.numbers]
        return numbers

    def _forget(self) -> None:
        """Forget all tokens but those of pairs, whose numbers the pairs' keys hold."""
        self._tokens = list(self._pair_tokens)
        self._numbers = {token: number for number, token in enumerate(self._tokens)}
        size = max(FIRST_TOKENS, 2 * len(self._tokens))
        self._is_read = np.zeros(size, dtype=np.bool_)
        self._values = np.zeros((size, 2 * self._width), dtype=np.float32)

    def _read_new(self, numbers: Ints) -> None:
        while len(self._tokens) > len(self._is_read):
            self._is_read = np.concatenate([self._is_read, np.zeros_like(self._is_read)])
            self._values = np.concatenate([self._values, np.zeros_like(self._values)])
        unread = numbers[~self._is_read[numbers]]
        for begin in range(0, len(unread), BLOCK_TOKENS):
            own = unread[begin : begin + BLOCK_TOKENS]
            tokens = [self._tokens[number] for number in own.tolist()]
            self._values[own, : self._width] = self._value([[word_feature(token)] for token in tokens])
            self._values[own, self._width :] = self._value([gram_features(token) for token in tokens])
            self._is_read[own] = True

    def _value(self, names: Sequence[Iterable[str]]) -> Floats:
        """Return for each token the sums of its features' weighted values, and the sum of their squares."""
        rows = [self._heads.vocabulary.valued(own) for own in names]
        features = [feature for row in rows for feature in row]
        places = np.array([place for place, _ in features], dtype=np.int64)
        weighted = self._weighted(places, np.array([value for _, value in features], dtype=np.float32))
        return summed(weighted, np.arange(len(features)), np.array([len(row) for row in rows], dtype=np.int64))

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
            words += summed(self._pair_values, place[hit], np.bincount(text[hit], minlength=len(words)))


def by_place(counts: Ints) -> Iterator[tuple[Ints, list[Ints]]]:
    """Yield blocks of texts of `counts` parts: the texts, and by place in a text the parts there.

    A block begins with its texts of most parts, so the parts at a place are those of its first texts. Many texts are
    summed at once in this way, each from its first part to its last.
    """
    begins = np.cumsum(counts) - counts
    for begin in range(0, len(counts), BLOCK_TEXTS):
        own = counts[begin : begin + BLOCK_TEXTS]
        texts = begin + np.argsort(-own, kind="stable")
        with_part = len(own) - np.cumsum(np.bincount(own))[:-1]
        yield texts, [begins[texts[:some]] + place for place, some in enumerate(with_part.tolist())]


def summed(values: Floats, numbers: Ints, counts: Ints) -> Floats:
    """Return the sums of the values of each text's parts.

    Args:
        values: By number and column.
        numbers: By part, text by text.
        counts: By text: its parts.
    """
    found = np.empty((len(counts), values.shape[1]), dtype=np.float32)
    for texts, places in by_place(counts):
        total = np.zeros((len(texts), values.shape[1]), dtype=np.float32)
        for parts in places:
            total[: len(parts)] += values[numbers[parts]]
        found[texts] = total
    return found


def _normalised(sums: Floats) -> Floats:
    length = np.sqrt(np.maximum(sums[:, -1:], np.float32(TINY)))
    return np.divide(sums[:, :-1], length, dtype=np.float32)
