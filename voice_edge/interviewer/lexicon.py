"""The interviewer's word patterns, read from `lexicon.sv.toml` and `lexicon.en.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from pilot.cafes import Language

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ANY = r"[^\W_]*"


def plain(text: str, spoken: Mapping[str, str] | None = None) -> str:
    """Return the words of `text` between spaces, lower-cased, with " | " between clauses.

    Args:
        text: The guest's words.
        spoken: Spoken forms and their standard words.
    """
    forms = spoken or {}
    clauses = re.split(r"[.,;:!?…]+(?:\s|$)|\s[–-]\s", text.casefold())
    said = (
        " ".join(forms.get(word, word) for word in (found.replace("’", "'") for found in _WORD.findall(clause)))
        for clause in clauses
    )
    return f" {' | '.join(clause for clause in said if clause)} "


@dataclass(frozen=True, slots=True)
class Patterns:
    """A set of words and phrases, found in one pass over plain text."""

    expression: re.Pattern[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> Patterns:
        """Compile words: * stands for any letters, a space for the next word, /.../ is a regular expression."""
        # For an empty list: a pattern that matches nothing.
        body = "|".join(_expression(word) for word in sorted(words, key=len, reverse=True)) or r"(?!)"
        return cls(re.compile(rf"(?<= )(?:{body})(?:'s)?(?= )"))

    def places(self, text: str) -> list[tuple[int, int]]:
        """Return the places of matches in plain `text`."""
        return [found.span() for found in self.expression.finditer(text)]

    def found(self, text: str) -> bool:
        """Return whether plain `text` has a match."""
        return self.expression.search(text) is not None


def _expression(word: str) -> str:
    if word.startswith("/"):
        return word.strip("/")
    return re.escape(word.casefold()).replace(r"\*", _ANY)


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing that a guest may talk about.

    Attributes:
        topic: Its kind: coffee, queue, ...
        name: Its name in a question.
        patterns: Its names in guests' words.
        endings: Endings of compounds that name it: "soppa" for "linssoppa".
    """

    topic: str
    name: str
    patterns: Patterns
    endings: tuple[str, ...] = ()

    def name_for(self, said: str) -> str:
        """Return its name in a question, given the guest's word: a compound retains its first part."""
        for ending in self.endings:
            if said.endswith(ending) and " " not in said:
                return said.removesuffix(ending) + self.name
        return self.name


@dataclass(frozen=True, slots=True)
class Claim:
    """Words that both name and judge a thing: "expensive" is about the price, and bad."""

    thing: Thing
    good: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The patterns of one language."""

    spoken: Mapping[str, str]
    things: tuple[Thing, ...]
    claims: tuple[Claim, ...]
    not_ours: Patterns
    polarity: Mapping[str, Patterns]
    details: Mapping[str, Patterns]
    concern: Mapping[str, Patterns]
    meet: Mapping[str, Patterns]
    nothing_more: frozenset[str]
    nothing_more_within: Patterns
    only_here: frozenset[str]
    visit: Patterns


@cache
def lexicon(language: Language) -> Lexicon:
    """Return the lexicon of `language`."""
    text = resources.files("voice_edge.interviewer").joinpath(f"lexicon.{language}.toml").read_text(encoding="utf-8")
    tree = tomllib.loads(text)
    return Lexicon(
        spoken=tree["spoken"],
        things=tuple(_things(tree["things"])),
        claims=(
            *(Claim(thing, good=False) for thing in _things(tree["bad"])),
            *(Claim(thing, good=True) for thing in _things(tree["good"])),
        ),
        not_ours=Patterns.of(_list(tree["not_ours"])),
        polarity=_patterns(tree["polarity"]),
        details=_patterns(tree["details"]),
        concern=_patterns(tree["concern"]),
        meet=_patterns(tree["meet"]),
        nothing_more=frozenset(_list(tree["nothing_more"]["whole"])),
        nothing_more_within=Patterns.of(_list(tree["nothing_more"]["within"])),
        only_here=frozenset(_list(tree["words"]["only"])),
        visit=Patterns.of(_list(tree["words"]["visit"])),
    )


def _list(words: str) -> list[str]:
    return [word.strip() for word in words.split(", ") if word.strip()]


def _patterns(table: Mapping[str, str]) -> dict[str, Patterns]:
    return {name: Patterns.of(_list(words)) for name, words in table.items()}


def _things(table: Mapping[str, Any]) -> Iterable[Thing]:
    for topic, rows in table.items():
        for name, words in rows.items():
            said = _list(words)
            endings = sorted((word[1:] for word in said if word.startswith("*")), key=len, reverse=True)
            yield Thing(topic, name, Patterns.of(said), tuple(endings))
