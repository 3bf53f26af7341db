"""What single words mean in a café guest's mouth: a lexicon of two languages, as numbers for clauses.

Words that no author of the corpus used have no weight in the models of `heads.py`. The lexicon was written from lists
of frequent words and from what cafés sell, without a look at the corpus, so it knows many of them. Trees combine its
counts with the models' values: a sign in the scope of a negation, a comparison that is denied, a wish.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipelines.language.heads import Floats, summed
from pipelines.language.pooling import Layout
from pipelines.language.tokens import Bits, Ints, Texts

LANGUAGES = ("sv", "en")
CODES = (
    "P1 P2 N1 N2 NOT LESS VERY TOO WISH BUT MORE IF PAST BACK REC AWAY "
    "coffee food service queue cleanliness atmosphere noise seating price wifi toilets opening_hours payment "
    "accessibility time place person amount reason conseq body symptom harm hazard crime help meta abuse nothing"
).split()
_PLACE = {code: number for number, code in enumerate(CODES)}
SIGNALS = (
    "good",
    "bad",
    "good denied",
    "bad denied",
    "comparison denied",
    "good wished",
    "comparison wished",
    "too much",
    *CODES[4:],
    "known",
)
BEFORE, AFTER = 4, 2  # tokens after a negation, and before it, that it denies
WISHED = 4  # tokens after a wish
SHORTEST_STEM, SHORTEST_HEAD = 3, 3  # letters of a stem; of what stands before the end of a compound
REMEMBERED = 60_000

# Words of one language alone; they tell which of the two a session speaks.
_SWEDISH = frozenset(
    "och det att som på är av för med den till inte ett om hade jag men var sig från vi så kan när år under också "
    "efter eller nu sin där vid mot ska skulle kommer ut får finns vara alla andra mycket än här då sedan över "
    "bara in blir upp även vad två vill ha många hur mer går sätt ni dig mig oss er eran ert min mitt din han hon "
    "dom de va å e ju väl nog lite mycke bra".split()
)
_ENGLISH = frozenset(
    "the and of to was it that with is for you my they were this but not have had be are at as so i we she he "
    "your from there very just really would been their our which what when who out up me it's i'm don't didn't "
    "wasn't could because an or no its after then them too".split()
)


@dataclass(frozen=True)
class Lexicon:
    """Words with their codes.

    Attributes:
        content: The lines of each language, as in `corpus/lexicon/`: a word, `stem*` or `*end`, a tab, codes.
    """

    content: Mapping[str, str]
    _rows: dict[str, NDArray[np.bool_]] = field(default_factory=dict, compare=False)

    @cached_property
    def _words(self) -> Mapping[str, tuple[dict[str, Ints], dict[str, Ints], dict[str, Ints]]]:
        return {language: _read(lines) for language, lines in self.content.items()}

    def signals(self, texts: Texts, layout: Layout) -> Floats:
        """Return each clause's counts, see SIGNALS.

        Args:
            texts: The clauses' tokens.
            layout: The sessions' clauses; a session's words tell its language.
        """
        clause = np.repeat(np.arange(len(texts.counts)), texts.counts)
        if not len(clause):
            return np.zeros((len(texts.counts), len(SIGNALS)), dtype=np.float32)
        used = np.flatnonzero(np.bincount(texts.numbers, minlength=len(texts.names)))
        table = np.zeros((len(texts.names), len(LANGUAGES), len(CODES)), dtype=np.bool_)
        speaks = np.zeros(len(texts.names), dtype=np.int64)
        for place in used.tolist():
            word = texts.names[place]
            table[place] = self._row(word)
            speaks[place] = (word in _ENGLISH) - (word in _SWEDISH)
        by_clause = np.bincount(clause, speaks[texts.numbers], minlength=len(texts.counts))
        language = np.add.reduceat(by_clause, layout.begins)[layout.session][clause]
        both = table[texts.numbers]
        codes = np.where((language > 0)[:, None], both[:, 1], both[:, 0])
        unclear = language == 0
        codes[unclear] |= both[unclear, 1]
        return _counted(codes, clause, texts.counts)

    def _row(self, word: str) -> NDArray[np.bool_]:
        found = self._rows.get(word)
        if found is None:
            if len(self._rows) > REMEMBERED:
                self._rows.clear()
            found = np.zeros((len(LANGUAGES), len(CODES)), dtype=np.bool_)
            for number, language in enumerate(LANGUAGES):
                found[number, _codes(self._words[language], word)] = True
            self._rows[word] = found
        return found


def _read(lines: str) -> tuple[dict[str, Ints], dict[str, Ints], dict[str, Ints]]:
    """Return whole words, stems and ends of compounds, with the places of their codes."""
    whole: dict[str, Ints] = {}
    stems: dict[str, Ints] = {}
    ends: dict[str, Ints] = {}
    for line in lines.splitlines():
        word, codes = line.split("\t")
        into = stems if word.endswith("*") else ends if word.startswith("*") else whole
        into[word.strip("*")] = np.array([_PLACE[code] for code in codes.split()], dtype=np.int64)
    return whole, stems, ends


def _codes(known: tuple[dict[str, Ints], dict[str, Ints], dict[str, Ints]], word: str) -> Ints:
    """Return the codes of a word: its own, else those of its longest stem, else of its longest end."""
    whole, stems, ends = known
    if word in whole:
        return whole[word]
    for size in range(len(word), SHORTEST_STEM - 1, -1):
        if word[:size] in stems:
            return stems[word[:size]]
    for begin in range(SHORTEST_HEAD, len(word) - SHORTEST_STEM + 1):
        if word[begin:] in ends:
            return ends[word[begin:]]
    return np.zeros(0, dtype=np.int64)


def _counted(codes: Bits, clause: Ints, counts: Ints) -> Floats:
    """Return each clause's counts from its tokens' codes."""
    good = codes[:, _PLACE["P1"]] + 2.0 * codes[:, _PLACE["P2"]]
    bad = codes[:, _PLACE["N1"]] + 2.0 * codes[:, _PLACE["N2"]]
    negation, wish, too = (codes[:, _PLACE[code]] for code in ("NOT", "WISH", "TOO"))
    denied = _near(negation, clause, range(1, BEFORE + 1)) | _near(negation, clause, range(-AFTER, 0))
    wished = _near(wish, clause, range(1, WISHED + 1))
    signed = (good + bad) > 0
    columns = np.empty((len(codes), len(SIGNALS)), dtype=np.float32)
    columns[:, 0], columns[:, 1] = good * ~denied, bad * ~denied
    columns[:, 2], columns[:, 3] = good * denied, bad * denied
    columns[:, 4] = codes[:, _PLACE["MORE"]] & denied
    columns[:, 5] = good * wished
    columns[:, 6] = codes[:, _PLACE["MORE"]] & wished & ~denied
    columns[:, 7] = _near(too, clause, [1]) & signed
    columns[:, 8:-1] = codes[:, 4:]
    columns[:, -1] = codes.any(axis=1)
    return summed(columns, np.arange(len(codes)), counts)


def _near(marked: Bits, clause: Ints, distances: Iterable[int]) -> Bits:
    """Return which tokens are at one of some distances after a marked token of their clause."""
    found = np.zeros(len(marked), dtype=np.bool_)
    for distance in distances:
        if distance > 0:
            found[distance:] |= marked[:-distance] & (clause[distance:] == clause[:-distance])
        else:
            found[:distance] |= marked[-distance:] & (clause[:distance] == clause[-distance:])
    return found


def unknown_codes(lines: Sequence[str]) -> list[str]:
    """Return the lines whose codes are not known, or that have no word."""
    return [
        line
        for line in lines
        if line.count("\t") != 1 or not line.split("\t")[0] or not set(line.split("\t")[1].split()) <= set(CODES)
    ]
