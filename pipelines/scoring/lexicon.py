"""The scorer's vocabulary: which words mean what, as data, and one pass that finds them.

The words are in `lexicon.sv.toml` and `lexicon.en.toml`. A token is looked up once (whole word, beginning, ending) and
remembered, so a day of sessions costs one dictionary look-up a token; phrases hang on their first word.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from pilot.cafes import Cafe, Language

ASPECT = "aspect."
REMEMBERED_TOKENS = 200_000  # bound of the look-up memory; about 30 MB
SHORTEST_STEM = 2
IN_ANY_LANGUAGE = frozenset({"injection", "machinery", "artefact"})  # tried in either, whatever else is spoken
ANYWHERE = frozenset({"price"})  # aspects whose words are said of anything: they name nothing of the café's

_TOKEN = re.compile(r"[^\W_]+(?:['.:\-][^\W_]+)*")
_ONES = "ett|en|två|tre|fyra|fem|sex|sju|åtta|nio"
_TENS = "tjugo|tjugi|trettio?|fyrtio?|femtio?|sextio?|sjuttio?|åttio?|nittio?"
_TEENS = "tio|elva|tolv|tretton|fjorton|femton|sexton|sjutton|arton|nitton"
_SWEDISH_NUMBER = re.compile(
    rf"(?:(?:{_ONES})?hundra(?:och)?(?:(?:{_TENS})(?:{_ONES})?|{_TEENS}|{_ONES})?|(?:{_TENS})(?:{_ONES})?|{_TEENS}"
    r"|två|tre|fyra|fem|sex|sju|åtta|nio|tusen)"
)
_ENGLISH_NUMBER = re.compile(
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    r"|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|dozen"
)
_NUMBER = {"sv": _SWEDISH_NUMBER, "en": _ENGLISH_NUMBER}


@dataclass(frozen=True, slots=True)
class Mark:
    """Words that mean something to the scorer.

    Attributes:
        tag: What they mean, for example `problem` or `aspect.queue`.
        key: What they are counted as: two marks with the same tag and key are one.
        turn: The turn, from 0.
        token: The first token's place in its turn.
        start: First character in the turn.
        end: One past the last character.
    """

    tag: str
    key: str
    turn: int
    token: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What was said, read once.

    Attributes:
        tokens: Each turn's tokens, lower case.
        marks: What was found, in the order said.
    """

    tokens: tuple[tuple[str, ...], ...]
    marks: tuple[Mark, ...]


class Lexicon:
    """One language's words, and a café's own if it is given."""

    def __init__(self, language: Language, entries: Iterable[tuple[str, str]]) -> None:
        self.language = language
        self._number = _NUMBER[language]
        self._words: dict[str, set[str]] = {}
        self._stems: dict[str, set[str]] = {}
        self._tails: dict[str, set[str]] = {}
        self._middles: dict[str, set[str]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for tag, entry in entries:
            self._add(tag, entry)
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        self._tail_lengths = sorted({len(tail) for tail in self._tails})
        self._known: dict[str, tuple[str, ...]] = {}
        self.function_words = frozenset(word for word, tags in self._words.items() if "function" in tags)

    def _add(self, tag: str, entry: str) -> None:
        parts = entry.split()
        if len(parts) > 1:
            self._phrases.setdefault(parts[0], []).append((tuple(parts[1:]), tag))
            return
        if entry.startswith("*") and entry.endswith("*"):
            self._middles.setdefault(entry.strip("*"), set()).add(tag)
        elif entry.endswith("*"):
            self._stems.setdefault(entry[:-1], set()).add(tag)
        elif entry.startswith("*"):
            self._tails.setdefault(entry[1:], set()).add(tag)
        else:
            self._words.setdefault(entry, set()).add(tag)

    def tags(self, token: str) -> tuple[str, ...]:
        """Return what one lower-case token means."""
        known = self._known.get(token)
        if known is None:
            if len(self._known) >= REMEMBERED_TOKENS:
                self._known.clear()
            known = self._known[token] = tuple(sorted(self._look_up(token)))
        return known

    def _look_up(self, token: str) -> set[str]:
        found = set(self._words.get(token, ()))
        for length in self._stem_lengths:
            if SHORTEST_STEM <= length <= len(token):
                found |= self._stems.get(token[:length], set())
        for length in self._tail_lengths:
            if length <= len(token):
                found |= self._tails.get(token[-length:], set())
        for middle, tags in self._middles.items():
            if middle in token:
                found |= tags
        if token[0].isdigit() or self._number.fullmatch(token):
            found.add("number")
        return found

    def read(self, turns: Iterable[str]) -> Reading:
        """Return the tokens of `turns` and every mark in them."""
        every_tokens: list[tuple[str, ...]] = []
        marks: list[Mark] = []
        for turn, text in enumerate(turns):
            matches = list(_TOKEN.finditer(lowered(text)))
            tokens = tuple(match.group() for match in matches)
            every_tokens.append(tokens)
            for place, token in enumerate(tokens):
                start, end = matches[place].span()
                marks.extend(Mark(tag, token, turn, place, start, end) for tag in self.tags(token) if tag != "function")
                for rest, tag in self._phrases.get(token, ()):
                    last = place + len(rest)
                    if last < len(tokens) and all(map(_fits, tokens[place + 1 : last + 1], rest)):
                        key = " ".join((token, *rest))
                        marks.append(Mark(tag, key, turn, place, start, matches[last].end()))
        return Reading(tuple(every_tokens), tuple(marks))


def _fits(token: str, pattern: str) -> bool:
    return token.startswith(pattern[:-1]) if pattern.endswith("*") else token == pattern


def lowered(text: str) -> str:
    """Return `text` in lower case and composed form (å as one character), each character at its own place."""
    composed = text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
    lower = composed.lower()
    if len(lower) != len(composed):
        lower = "".join(small if len(small := letter.lower()) == 1 else letter for letter in composed)
    return lower.replace("\u2019", "'")


def _flat(tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, section in tree.items():
        if name == "function_words":
            yield from (("function", word) for word in section)
        elif name in ("prepositions", "first_person"):
            yield from ((name, word) for word in section)
        elif name == "aspects":
            for aspect, words in section.items():
                for word in words["general"]:
                    yield f"{ASPECT}{aspect}", word
                for word in words["specific"]:
                    yield f"{ASPECT}{aspect}", word
                    if aspect not in ANYWHERE:
                        yield "item", word
        elif name == "injection":
            yield from (("injection", word) for word in section["strong"])
            yield from (("machinery", word) for word in section["weak"])
        else:
            yield from ((name, word) for word in section["words"])


@cache
def _entries(language: Language) -> tuple[tuple[str, str], ...]:
    text = resources.files("pipelines.scoring").joinpath(f"lexicon.{language}.toml").read_text(encoding="utf-8")
    return tuple(_flat(tomllib.loads(text)))


def _of_cafe(cafe: Cafe) -> Iterator[tuple[str, str]]:
    for name in cafe.staff:
        yield "staff", name.lower()
    for area in cafe.areas:
        for words in (area.sv.lower(), area.en.lower().removeprefix("the ")):
            yield "area", words if " " in words else f"{words}*"
    for dish in cafe.specialties:
        for words in (dish.sv.lower(), dish.en.lower()):
            yield "menu", words if " " in words else f"{words}*"


@lru_cache(maxsize=256)
def lexicon(language: Language, cafe: Cafe | None) -> Lexicon:
    """Return the words of `language` together with the café's own staff, areas and specialties."""
    other = (entry for entry in _entries("en" if language == "sv" else "sv") if entry[0] in IN_ANY_LANGUAGE)
    return Lexicon(language, (*_entries(language), *other, *(_of_cafe(cafe) if cafe else ())))
