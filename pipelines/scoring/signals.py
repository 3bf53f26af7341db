"""Signals: what stands against a score, whatever else was said.

The transcript is data. A sentence that speaks to the scoring machine, of points, rules or payouts, cannot raise a
score; it can only be seen here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from pipelines.scoring.features import Features
from pipelines.scoring.lexicon import Lexicon, Reading

HUMMING = frozenset({"eh", "öh", "äh", "mm", "hm", "hmm", "um", "uh"})
SYLLABLES = frozenset({"ba", "da", "la", "hallå", "hello", "test"})  # said into a microphone, of nothing
FEWEST_WORDS = 2  # fewer words say nothing
MACHINERY_WORDS = 3  # so many words of the scoring machine are spoken to it, not to the café
REPEATED_WINDOW_TOKENS = 50  # variety falls with length, so it is measured in windows
REPEATED_SHARE = 0.4  # distinct tokens below this share of a window: the same again and again
LEAST_TOKENS = 6  # fewer tokens are too few to judge their kind
LIST_FUNCTION_SHARE = 0.15  # below this share of function words it is a list, not speech
STUFFED_LABELS = 3  # so many of a rubric's own labels are nobody's visit
MENU_SHARE = 0.5  # of a list's words that are the menu's, the areas' and the staff's own
BROKEN_SHARE = 0.12  # of neighbouring words that no speaker puts together
OFF_TOPIC_WORDS = 2  # so many words of other things,
OWN_WORDS = 1  # and at most so many of the café's
INSULTS = 2  # so many insults, and fewer claims

SPEAKING = ("consequence", "suggestion", "reason", "amount", "time", "problem")
SUBSTANCE = ("problem", "detail", "reason", "consequence", "suggestion", "comparison", "amount", "time", "item")

# The most that a session can score with the signal, by the rubric's bands.
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
    }
)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the rules look at."""

    tokens: tuple[str, ...]
    reading: Reading
    found: Features
    lexicon: Lexicon
    distinct: Counter[str]

    @property
    def is_list(self) -> bool:
        spoken = sum(token in self.lexicon.function_words for token in self.tokens)
        sparse = spoken < LIST_FUNCTION_SHARE * len(self.tokens)
        speaks = any(self.found.weights.get(tag, 0.0) > 0 for tag in SPEAKING)
        return len(self.tokens) >= LEAST_TOKENS and sparse and not speaks

    @property
    def is_menu(self) -> bool:
        named = {mark.key for mark in self.reading.marks if mark.tag in ("menu", "area", "staff")}
        words = {word for name in named for word in name.split()}
        return sum(token in words for token in self.tokens) >= MENU_SHARE * len(self.tokens)


def signals(reading: Reading, found: Features, *, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the names of what stands against the score, sorted; each is a key of `CAPS`."""
    tokens = tuple(token for turn in reading.tokens for token in turn)
    distinct = Counter(tag for tag, _ in {(mark.tag, mark.key) for mark in reading.marks})
    heard = _Heard(tokens, reading, found, lexicon, distinct)
    if _silence(heard):
        return ("silence",)
    return tuple(sorted(name for name, rule in _RULES.items() if rule(heard)))


def _silence(heard: _Heard) -> bool:
    said = [token for token in heard.tokens if token not in HUMMING]
    return not said or (len(said) < FEWEST_WORDS and not heard.distinct)


def _gibberish(heard: _Heard) -> bool:
    said = [token for token in heard.tokens if token not in HUMMING | SYLLABLES]
    artefact = heard.distinct["artefact"] > 0 and not heard.found.aspects
    return not said or artefact or _broken_share(heard) >= BROKEN_SHARE


def _broken_share(heard: _Heard) -> float:
    """Return the share of neighbours that no speaker says: a preposition right before a preposition."""
    pairs = broken = 0
    for tokens in heard.reading.tokens:
        if len(tokens) >= LEAST_TOKENS:
            hangs = ["prepositions" in heard.lexicon.tags(token) for token in tokens]
            pairs += len(tokens) - 1
            broken += sum(left and right for left, right in pairwise(hangs))
    return broken / pairs if pairs else 0.0


def _injection(heard: _Heard) -> bool:
    return heard.distinct["injection"] > 0 or heard.distinct["machinery"] >= MACHINERY_WORDS


def _repetition(heard: _Heard) -> bool:
    if len(heard.tokens) < LEAST_TOKENS:
        return False
    starts = range(0, max(1, len(heard.tokens) - REPEATED_WINDOW_TOKENS + 1), REPEATED_WINDOW_TOKENS)
    windows = [heard.tokens[start : start + REPEATED_WINDOW_TOKENS] for start in starts]
    return sum(len(set(window)) / len(window) for window in windows) / len(windows) < REPEATED_SHARE


def _stuffing(heard: _Heard) -> bool:
    return heard.distinct["stuffing"] >= STUFFED_LABELS or (heard.is_list and not heard.is_menu)


def _menu_read(heard: _Heard) -> bool:
    return heard.is_list and heard.is_menu


def _off_topic(heard: _Heard) -> bool:
    own = sum(heard.distinct[tag] for tag in ("item", "menu", "staff"))
    return heard.distinct["off_topic"] >= OFF_TOPIC_WORDS and own <= OWN_WORDS


def _abuse(heard: _Heard) -> bool:
    claims = sum(heard.found.weights.get(tag, 0.0) for tag in SUBSTANCE)
    return heard.distinct["insult"] >= INSULTS and heard.distinct["insult"] > claims


_RULES: Mapping[str, Callable[[_Heard], bool]] = MappingProxyType(
    {
        "gibberish": _gibberish,
        "injection": _injection,
        "repetition": _repetition,
        "stuffing": _stuffing,
        "menu_read": _menu_read,
        "off_topic": _off_topic,
        "abuse": _abuse,
    }
)
