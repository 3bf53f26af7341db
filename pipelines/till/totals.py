"""Recognises lines of totals and notes among the rows of a till's export."""

from __future__ import annotations

import re

from pipelines.till.errors import UnusableCell
from pipelines.till.headings import ColumnKind
from pipelines.till.lines import SEPARATORS, Export
from pipelines.till.values import business_day_of, spaced, whole_number

# The whole cell is a total's name; "Summer roll", "Totalt kaffe" and "summercafe@..." are none.
_TOTAL = re.compile(
    r"(?:(?:grand |sub ?|del|slut|dags?|period|total)?(?:totals?|totalt|totale|sum(?:ma|me)?)|samtliga|i alt|alla|all)"
    r"(?: (?:(?:för|for|of|av|per|i) )?(?:alla |all |hela |the )?"
    r"(?:kassor|kassa|tills?|registers?|terminals?|dag|dagen|day|period|perioden|vecka|week|månad|month|butiken|store|"
    r"antal|kvitton|receipts|kunder|customers|försäljning|sales|[\d .:/-]+)(?: ?[\w.:/-]*\d[\d .:/-]*)?)?",
    re.IGNORECASE,
)
_LABELS: tuple[ColumnKind, ...] = ("day", "time", "till", "cafe", "receipt")


def is_total_name(text: str) -> bool:
    """Return whether a cell is the name of a total."""
    return _TOTAL.fullmatch(spaced(text).rstrip(" .:=")) is not None


def names_total(export: Export, cells: tuple[str, ...]) -> bool:
    """Return whether a row's first cell, day, hour, till, café or receipt is the name of a total."""
    first = next((cell for cell in cells if cell.strip()), "")
    return any(is_total_name(text) for text in (first, *(export.cell(cells, kind) for kind in _LABELS)))


def is_total_of_file(export: Export, cells: tuple[str, ...], *, by_receipt: bool, sum_so_far: int) -> bool:
    """Return whether a row is a total of more than a day, or of a day's receipts."""
    receipt = export.cell(cells, "receipt")
    if by_receipt and receipt and not is_total_name(receipt):
        return False if is_day(export.cell(cells, "day")) else names_total(export, cells)
    if names_total(export, cells):
        return by_receipt or not is_day(export.cell(cells, "day"))
    if export.cell(cells, "day"):
        return False
    if by_receipt:
        return not receipt and bool(export.cell(cells, "total"))
    return bool(sum_so_far) and count_or_nothing(export.cell(cells, "count")) == sum_so_far


def is_note(export: Export, cells: tuple[str, ...]) -> bool:
    """Return whether a row is one cell of text."""
    alone = len([cell for cell in cells if cell.strip()]) == 1 and len(export.headings) > 1
    return alone and not export.cell(cells, "count") and not is_day(next(cell for cell in cells if cell.strip()))


def cell_with_rows(export: Export, cells: tuple[str, ...]) -> int | None:
    """Return the cell that has whole further rows, as its quotation mark was not closed."""
    separators = len(export.headings) - 1
    for place, cell in enumerate(cells):
        if "\n" not in cell and "\r" not in cell:
            continue
        if cell.endswith(("\n", "\r")) and place == len(cells) - 1 < separators:
            return place
        for separator in SEPARATORS:
            parts = [part for line in cell.splitlines() for part in line.split(separator)]
            if cell.count(separator) >= separators > 0 and any(is_day(part) for part in parts):
                return place
    return None


def count_or_nothing(text: str) -> int:
    """Return a count; 0 if the text is none."""
    try:
        return whole_number(text)
    except UnusableCell:
        return 0


def is_day(text: str) -> bool:
    """Return whether a text is a day or moment."""
    try:
        business_day_of(text)
    except UnusableCell:
        return False
    return True
