"""The interviewer's ear for words: which patterns name what, read from `lexicon.sv.toml` and `lexicon.en.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pilot.cafes import Language

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def plain(text: str) -> str:
    """Return the words of `text`, lower-cased, one space apart, with a space at each end and " | " between clauses."""
    clauses = re.split(r"[.,;:!?…]+(?:\s|$)|\s[–-]\s", text.casefold())
    said = (" ".join(word.replace("’", "'") for word in _WORD.findall(clause)) for clause in clauses)
    return f" {' | '.join(clause for clause in said if clause)} "


@dataclass(frozen=True, slots=True)
class Patterns:
    """A set of words and phrases, found in one pass over plain text."""

    expression: re.Pattern[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> Patterns:
        """Compile words: * stands for any letters, a space for the next word."""
        alternatives = sorted(words, key=len, reverse=True)
        # A pattern that matches nothing stands for an empty list.
        body = "|".join(re.escape(word.casefold()).replace(r"\*", r"[^\W_]*") for word in alternatives) or r"(?!)"
        return cls(re.compile(rf"(?<= )(?:{body})(?:'s)?(?= )"))

    def places(self, text: str) -> list[tuple[int, int]]:
        """Return where plain `text` holds one of them."""
        return [found.span() for found in self.expression.finditer(text)]

    def found(self, text: str) -> bool:
        """Tell whether plain `text` holds one of them."""
        return self.expression.search(text) is not None


@dataclass(frozen=True, slots=True)
class Thing:
    """Something a guest may talk about.

    Attributes:
        topic: What kind of thing it is: coffee, queue, ...
        name: What a question calls it.
        patterns: How guests say it.
    """

    topic: str
    name: str
    patterns: Patterns


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All of one language."""

    things: tuple[Thing, ...]
    not_ours: Patterns
    good: Patterns
    bad: Patterns
    so_so: Patterns
    negations: Patterns
    when: Patterns
    where: Patterns
    suggestion: Patterns
    reason: Patterns
    emergency: Patterns
    harm: Patterns
    allergy: Patterns
    harassment: Patterns
    anger: Patterns
    nothing_more: frozenset[str]


@cache
def lexicon(language: Language) -> Lexicon:
    """Return the lexicon of `language`."""
    text = resources.files("voice_edge.interviewer").joinpath(f"lexicon.{language}.toml").read_text(encoding="utf-8")
    tree = tomllib.loads(text)
    told, polarity, concern = tree["told"], tree["polarity"], tree["concern"]
    return Lexicon(
        things=tuple(Thing(row["topic"], row["thing"], Patterns.of(row["words"])) for row in tree["thing"]),
        not_ours=Patterns.of(tree["not_ours"]),
        good=Patterns.of(polarity["good"]),
        bad=Patterns.of(polarity["bad"]),
        so_so=Patterns.of(polarity["so_so"]),
        negations=Patterns.of(polarity["negations"]),
        when=Patterns.of([*told["when"], *_clock_times()]),
        where=Patterns.of(told["where"]),
        suggestion=Patterns.of(told["suggestion"]),
        reason=Patterns.of(told["reason"]),
        emergency=Patterns.of(concern["emergency"]),
        harm=Patterns.of(concern["harm"]),
        allergy=Patterns.of(concern["allergy"]),
        harassment=Patterns.of(concern["harassment"]),
        anger=Patterns.of(concern["anger"]),
        nothing_more=frozenset(tree["nothing_more"]["whole"]),
    )


def _clock_times() -> Sequence[str]:
    """Return "12 40" and its like, as "12.40" and "12:40" read in plain text."""
    return [f"{hour} {minute:02}" for hour in range(24) for minute in range(0, 60, 5)]
