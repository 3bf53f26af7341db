"""The scorer's lexicon: the meanings of words in Swedish and English, and of a café's names.

The words are in `lexicon.sv.toml` and `lexicon.en.toml`: "word" matches exactly, "stem*" a beginning, "*tail" an
ending, "*middle*" any part; several words are a phrase.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pilot.cafes import Cafe, Language
from pipelines.scoring.tags import TAGS, THEMES

LANGUAGES: tuple[Language, ...] = ("sv", "en")
SHORTEST_STEM = 2
LEAST_NAME_LETTERS = 5  # shorter words of a dish or an area are too ambiguous by themselves
IN_ANY_LANGUAGE = frozenset({"injection", "machinery", "artefact"})  # matched in both languages, whichever is spoken
ANYWHERE = frozenset({"price"})  # themes with words for anything: they name nothing of the café's

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


class Words:
    """The meanings of one language's words, by whole word, beginning, ending and middle."""

    def __init__(self, language: Language, entries: Iterable[tuple[str, str]]) -> None:
        self.phrases: list[tuple[tuple[str, ...], str]] = []
        self._number = _NUMBER[language]
        self._exact: dict[str, set[str]] = {}
        self._stems: dict[str, set[str]] = {}
        self._tails: dict[str, set[str]] = {}
        self._middles: dict[str, set[str]] = {}
        for tag, entry in entries:
            self._add(tag, plain(entry))
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        self._tail_lengths = sorted({len(tail) for tail in self._tails})

    def _add(self, tag: str, entry: str) -> None:
        parts = tuple(entry.split())
        if len(parts) > 1:
            self.phrases.append((parts, tag))
        elif entry.startswith("*") and entry.endswith("*"):
            self._middles.setdefault(entry.strip("*"), set()).add(tag)
        elif entry.endswith("*"):
            self._stems.setdefault(entry[:-1], set()).add(tag)
        elif entry.startswith("*"):
            self._tails.setdefault(entry[1:], set()).add(tag)
        else:
            self._exact.setdefault(entry, set()).add(tag)

    def tags_of(self, token: str) -> tuple[set[str], str]:
        """Return a token's tags, and the entry that it counts as, so that two forms of a word count once."""
        found: set[str] = set()
        entry = token
        for tail_length in self._tail_lengths:
            if tail_length <= len(token) and (tags := self._tails.get(token[-tail_length:])):
                found |= tags
        for stem_length in self._stem_lengths:
            if SHORTEST_STEM <= stem_length <= len(token) and (tags := self._stems.get(token[:stem_length])):
                found |= tags
                entry = token[:stem_length]
        for middle, tags in self._middles.items():
            if middle in token:
                found |= tags
                entry = middle
        found |= self._exact.get(token, set())
        if token[0].isdigit() or self._number.fullmatch(token):
            found.add("number")
        return found, entry


def plain(text: str) -> str:
    """Return an entry or token without apostrophes and hyphens, which recognisers write inconsistently."""
    return text.replace("'", "").replace("-", "").replace("\u2019", "")


def _flat(tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, section in tree.items():
        if name == "function_words":
            yield from (("function", word) for word in section)
        elif name in ("prepositions", "first_person"):
            yield from ((name, word) for word in section)
        elif name == "aspects":
            yield from _of_themes(section)
        elif name == "injection":
            yield from (("injection", word) for word in section["strong"])
            yield from (("machinery", word) for word in section["weak"])
        else:
            yield from ((name, word) for word in section["words"])


def _of_themes(section: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for theme, words in section.items():
        if theme not in THEMES:
            raise ValueError(f"{theme} is no theme")
        for word in (*words["general"], *words["specific"]):
            yield theme, word
        if theme not in ANYWHERE:
            for word in words["specific"]:
                yield "item", word


@cache
def _entries(language: Language) -> tuple[tuple[str, str], ...]:
    text = Path(__file__).with_name(f"lexicon.{language}.toml").read_text(encoding="utf-8")
    found = tuple(_flat(tomllib.loads(text)))
    if unknown := {tag for tag, _ in found} - set(TAGS):
        raise ValueError(f"lexicon.{language}.toml: unknown sections {sorted(unknown)}")
    return found


@cache
def words_of(language: Language) -> Words:
    """Return the lexicon of `language`, with the other language's words about the scoring machine."""
    other = (entry for entry in _entries("en" if language == "sv" else "sv") if entry[0] in IN_ANY_LANGUAGE)
    return Words(language, (*_entries(language), *other))


def names_of(cafe: Cafe) -> Iterator[tuple[str, str]]:
    """Yield the café's names: its staff, and the word stems of its dishes and areas."""
    for name in cafe.staff:
        yield "staff", plain(name.lower())
    for tag, texts in (("area", cafe.areas), ("menu", cafe.specialties)):
        for text in texts:
            for word in plain(f"{text.sv} {text.en}".lower()).split():
                if len(word) >= LEAST_NAME_LETTERS:
                    yield tag, word
