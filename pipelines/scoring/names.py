"""The names that a café has of its own: its staff, dishes and areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pilot.cafes import Cafe
from pipelines.scoring.spoken import spoken

LEAST_LETTERS = 5  # shorter words of a dish or an area are too ambiguous by themselves
MOST_LETTERS_OF_ENDING = 4  # "bullarna": letters that may follow a dish
REMEMBERED_CAFES = 64
GENITIVE = "s"


@dataclass(frozen=True, slots=True)
class CafeNames:
    """A café's own names, as `spoken` gives words.

    Attributes:
        people: Each staff member's name of one word, with and without a genitive s.
        whole_names: The names of several words, likewise.
        parts: The words of all these.
        things: The words of dishes and areas.
    """

    people: frozenset[str]
    whole_names: tuple[tuple[str, ...], ...]
    parts: frozenset[str]
    things: tuple[str, ...]

    def staff_named(self, words: Sequence[str]) -> bool:
        """Return whether a staff member is named by a whole word, or by consecutive words."""
        return not self.people.isdisjoint(words) or any(_holds(words, name) for name in self.whole_names)

    def is_name(self, word: str) -> bool:
        """Return whether a word is one of the names, or a dish or area with an ending."""
        return word in self.parts or any(
            word.startswith(thing) and len(word) <= len(thing) + MOST_LETTERS_OF_ENDING for thing in self.things
        )


NO_NAMES = CafeNames(frozenset(), (), frozenset(), ())


@lru_cache(maxsize=REMEMBERED_CAFES)
def names_of(cafe: Cafe | None) -> CafeNames:
    """Return a café's names; none if the café is no longer known."""
    if cafe is None:
        return NO_NAMES
    staff = {tuple(spoken([name])) for name in cafe.staff} - {()}
    staff |= {(*name[:-1], name[-1] + GENITIVE) for name in staff}
    things = {
        word
        for text in (*cafe.areas, *cafe.specialties)
        for word in spoken([text.sv, text.en])
        if len(word) >= LEAST_LETTERS
    }
    return CafeNames(
        people=frozenset(name[0] for name in staff if len(name) == 1),
        whole_names=tuple(sorted(name for name in staff if len(name) > 1)),
        parts=frozenset(part for name in staff for part in name),
        things=tuple(sorted(things)),
    )


def _holds(words: Sequence[str], name: tuple[str, ...]) -> bool:
    return any(tuple(words[at : at + len(name)]) == name for at, word in enumerate(words) if word == name[0])
