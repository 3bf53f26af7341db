"""The things, areas and people that a guest has named: the only ones that a question may name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pilot.cafes import Cafe, Language
from voice_edge.interviewer.definite import definite

Kind = Literal["thing", "dish", "area", "person"]
MIN_COMPOUND_LETTERS = 3  # before a compound's ending
_EXCLUDED = re.compile(r"\b(?:inte|ej|not)(?: the)? $")  # "it's cold, not the coffee"
_DRINKS = re.compile(r"(?:kaffe|latte|espresso|cortado|cappuccino|coffee|flat white)$")


@dataclass(frozen=True, slots=True)
class Named:
    """A thing in a guest's words.

    Attributes:
        name: Its form in a question: "kaffet", "the coffee"; a person's or an area's name.
        theme: Its theme in a reading.
        kind: A common thing, a dish of the café, an area of it, or one of its staff.
        turn: The index of its turn.
        start: Its first character there.
        end: One past its last.
    """

    name: str
    theme: str
    kind: Kind
    turn: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    theme: str
    kind: Kind
    pattern: re.Pattern[str]
    endings: tuple[str, ...] = ()

    def name_for(self, said: str) -> str:
        """Return the name in a question: a compound retains its first part."""
        for ending in self.endings:
            first = said.removesuffix(ending)
            if said.endswith(ending) and len(first) >= MIN_COMPOUND_LETTERS and first.isalpha():
                return first + self.name
        return self.name


def named(turns: Sequence[str], *, cafe: Cafe, language: Language) -> tuple[Named, ...]:
    """Return all things named in `turns`, in order; the café's own names take precedence over their parts."""
    found: list[Named] = []
    for turn, text in enumerate(turns):
        rest = text.casefold()
        here: list[Named] = []
        for entry in (*_of_cafe(cafe, language), *_common(language)):
            here += [
                Named(entry.name_for(match.group()), entry.theme, entry.kind, turn, match.start(), match.end())
                for match in entry.pattern.finditer(rest)
                if not _EXCLUDED.search(rest[: match.start()])
            ]
            rest = entry.pattern.sub(lambda match: "#" * len(match.group()), rest)
        found += sorted(here, key=lambda one: one.start)
    return tuple(found)


@cache
def _common(language: Language) -> tuple[_Entry, ...]:
    text = resources.files("voice_edge.interviewer").joinpath("things.toml").read_text(encoding="utf-8")
    entries = [
        _entry(name, theme, "thing", [word.strip() for word in words.split(",")])
        for theme, rows in tomllib.loads(text)[language].items()
        for name, words in rows.items()
    ]
    # Longer names first: "oat latte" before "latte", and whole words before compounds.
    return tuple(sorted(entries, key=lambda one: (bool(one.endings), -len(one.pattern.pattern))))


@cache
def _of_cafe(cafe: Cafe, language: Language) -> tuple[_Entry, ...]:
    dishes = [dish.in_language(language) for dish in cafe.specialties]
    areas = [area.in_language(language) for area in cafe.areas]
    return (
        *(_entry(person, "service", "person", [person, f"{person}s", f"{person}'s"]) for person in cafe.staff),
        *(
            _entry(
                definite(dish, language),
                "coffee" if _DRINKS.search(dish) else "food",
                "dish",
                [dish, definite(dish, language).removeprefix("the ")],
            )
            for dish in dishes
        ),
        *(_entry(area, "seating", "area", [area.removeprefix("the ")]) for area in areas),
    )


def _entry(name: str, theme: str, kind: Kind, words: Iterable[str]) -> _Entry:
    said = sorted((word.casefold() for word in words), key=len, reverse=True)
    body = "|".join(re.escape(word).replace(r"\*", r"[^\W_]*").replace(r"\ ", r"\s+") for word in said)
    endings = tuple(word[1:] for word in said if word.startswith("*"))
    return _Entry(name, theme, kind, re.compile(rf"(?<![^\W_])(?:{body})(?![^\W_])"), endings)
