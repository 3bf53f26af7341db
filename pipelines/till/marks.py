"""Finds the columns of a till's export that say what a row is, and reads a row's meaning from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.till.answers import Answers
from pipelines.till.flags import FLAG_KEYS, Flag, flag_of
from pipelines.till.headings import heading_key, is_code, is_description, is_status, meaning_if_filled
from pipelines.till.statuses import Meaning, meaning_of, means_only_no_sale, truth_of
from pipelines.till.values import amount, is_amount, spaced

MOST_VALUES = 15  # of a column of statuses; one with more has names or numbers
MOST_LETTERS = 3  # of a code that may say what a row is


@dataclass(frozen=True, slots=True)
class Marks:
    """The columns that say what a row is.

    Attributes:
        statuses: The columns of words such as "Makulerat"; whether an empty cell there is a sale too.
        flags: The columns of yes and no.
        filled: The columns in which any cell that is not empty, no or 0 has a meaning, as a person answered.
        doubtful: The columns that may say so, with the first row.
    """

    statuses: Mapping[int, bool]
    flags: Mapping[int, Flag]
    filled: Mapping[int, Meaning]
    doubtful: Mapping[int, int]

    def read(self, cells: Sequence[str], *, answers: Answers) -> tuple[Meaning | None, int]:
        """Return a row's meaning, and its column; the meaning is None if a value is not known."""
        unknown: int | None = None
        for place, flag in self.flags.items():
            text = _cell(cells, place)
            counts = answers.of_value(text) if text else None
            said = truth_of(text)
            if counts is False or (counts is None and said is flag.of):
                return flag.meaning, place
            unknown = place if counts is None and said is None else unknown
        for place, meaning in self.filled.items():
            text = _cell(cells, place)
            if _is_filled(text) and not answers.of_value(text):
                return meaning, place
        for place, empty_is_sale in self.statuses.items():
            text = _cell(cells, place)
            counts = answers.of_value(text) if text else None
            found = meaning_of(text) if text or empty_is_sale else None
            if counts is not None:
                found = "sale" if counts else "no_sale" if found in (None, "sale") else found
            if found is None:
                unknown = place
            elif found != "sale":
                return found, place
        return (None, unknown) if unknown is not None else ("sale", -1)


def find_marks(
    headings: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], *, used: set[int], answers: Answers
) -> Marks:
    """Return the columns that say what a row is: by heading, by their words, or as a person answered."""
    statuses: dict[int, bool] = {}
    flags: dict[int, Flag] = {}
    filled: dict[int, Meaning] = {}
    doubtful: dict[int, int] = {}
    for place, heading in enumerate(headings):
        said = answers.is_status(heading)
        if said is False or (place in used and not said):
            continue
        values = {_cell(cells, place) for _, cells in rows} - {""}
        flag = flag_of(heading, values)
        if flag is not None and not said:
            flags[place] = flag
            continue
        known = {value: meaning_of(value) for value in values}
        empty_is_sale = "sale" not in known.values()
        of_filled = meaning_if_filled(heading)
        if said and of_filled is not None and set(known.values()) <= {None, "sale"}:
            filled[place] = of_filled
        elif said or is_status(heading) or heading_key(heading) in FLAG_KEYS:
            statuses[place] = empty_is_sale
        else:
            short = 0 < len(values) <= MOST_VALUES and not is_description(heading)
            odd = {value for value, meaning in known.items() if meaning not in (None, "sale")} if short else set()
            if odd and None not in known.values():
                statuses[place] = empty_is_sale
                continue
            odd |= {value for value in values if means_only_no_sale(value)}
            if of_filled is not None:
                odd |= {value for value in values if _is_filled(value)}
            if is_code(heading):
                odd |= _rare_letters([_cell(cells, place) for _, cells in rows])
            if odd:
                doubtful[place] = next(number for number, cells in rows if _cell(cells, place) in odd)
    return Marks(statuses=statuses, flags=flags, filled=filled, doubtful=doubtful)


def _is_filled(text: str) -> bool:
    """Return whether a cell says more than no or 0."""
    return truth_of(text) is not False and not (is_amount(text) and amount(text) == 0)


def _rare_letters(cells: Sequence[str]) -> set[str]:
    """Return all but the most frequent value of a column of a few short codes."""
    counts = Counter(cells)
    short = all(cell.isalpha() and len(cell) <= MOST_LETTERS for cell in counts if cell)
    return {cell for cell, _ in counts.most_common()[1:]} if short and len(counts) <= MOST_VALUES else set()


def _cell(cells: Sequence[str], place: int) -> str:
    return spaced(cells[place]) if place < len(cells) else ""
