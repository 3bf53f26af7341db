"""The vocabulary of linear models: words, pairs of words and character n-grams within words.

A text's features are two blocks, words with pairs and n-grams, each divided by the square root of its summed
squares, as in TF-IDF. The sums run over tokens, so a text's values follow from its tokens' cached values
(`heads.py`): exact, but for n-grams that two words share.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

SHORTEST_GRAM, LONGEST_GRAM = 2, 5
LEAST_TEXTS_WITH_GRAM = 3
LEAST_TEXTS_WITH_WORD = 2

Row = list[tuple[int, float]]


def word_feature(word: str) -> str:
    """Return a word's name in the vocabulary."""
    return f"w {word}"


def pair_feature(first: str, second: str) -> str:
    """Return the name of two consecutive words."""
    return f"p {first} {second}"


def gram_features(word: str) -> Iterator[str]:
    """Yield the names of a word's character n-grams; its ends are marked."""
    padded = f"<{word}>"
    for size in range(SHORTEST_GRAM, LONGEST_GRAM + 1):
        for at in range(len(padded) - size + 1):
            yield f"c {padded[at : at + size]}"


class _Block:
    """The sums of one block of a text."""

    def __init__(self) -> None:
        self._values: dict[int, float] = {}
        self._square = 0.0

    def add(self, own: Row) -> None:
        """Add one word's features."""
        values = self._values
        for place, value in own:
            values[place] = values.get(place, 0.0) + value
            self._square += value * value

    def normalised(self) -> Iterator[tuple[int, float]]:
        """Yield the sums, divided."""
        length = math.sqrt(self._square)
        return ((place, value / length) for place, value in self._values.items())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features of a model: index and inverse document frequency, by name."""

    index: Mapping[str, int]
    weight: Sequence[float]
    _words: dict[str, tuple[Row, Row]] = field(default_factory=dict)  # the blocks of each word seen

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]]) -> Vocabulary:
        """Return the vocabulary of tokenised texts."""
        texts_with: Counter[str] = Counter()
        count = 0
        for tokens in texts:
            count += 1
            texts_with.update(set(features(tokens)))
        kept = [
            name
            for name, number in texts_with.items()
            if number >= (LEAST_TEXTS_WITH_GRAM if name[0] == "c" else LEAST_TEXTS_WITH_WORD)
        ]
        kept.sort()
        weight = [math.log((1 + count) / (1 + texts_with[name])) + 1 for name in kept]
        return cls({name: place for place, name in enumerate(kept)}, weight)

    def row(self, clauses: Sequence[Sequence[str]]) -> Row:
        """Return the features and values of a text of some clauses, both blocks normalised; no pair spans two."""
        words, grams = _Block(), _Block()
        for tokens in clauses:
            for token in tokens:
                word, parts = self._of_word(token)
                words.add(word)
                grams.add(parts)
            for pair in pairwise(tokens):
                words.add(self.valued([pair_feature(*pair)]))
        return [*words.normalised(), *grams.normalised()]

    def valued(self, names: Iterable[str]) -> Row:
        """Return the known ones of some features with their values; a feature that occurs twice counts twice."""
        own: dict[int, float] = {}
        for name in names:
            place = self.index.get(name)
            if place is not None:
                own[place] = own.get(place, 0.0) + self.weight[place]
        return list(own.items())

    def _of_word(self, word: str) -> tuple[Row, Row]:
        found = self._words.get(word)
        if found is None:
            found = self._words[word] = self.valued([word_feature(word)]), self.valued(gram_features(word))
        return found


def features(tokens: Sequence[str]) -> Iterator[str]:
    """Yield the names of all features of a clause's tokens."""
    for token in tokens:
        yield word_feature(token)
        yield from gram_features(token)
    for pair in pairwise(tokens):
        yield pair_feature(*pair)
