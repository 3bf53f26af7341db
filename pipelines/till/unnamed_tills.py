"""Finds the column that seems to name the till in an export whose headings name none."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from pipelines.till.headings import is_amount_heading, is_description, is_status, plain_heading
from pipelines.till.lines import Export
from pipelines.till.statuses import folded
from pipelines.till.values import spaced

MOST_TILLS = 12  # of one café
_ARTICLES = re.compile(
    r"produkt|artikel|vara|benämning|product|item|article|descript|beskriv|betal|tender|method|metod|moms|vat|rad|line|sku"
)
_LINES = re.compile(
    r"moms|vat|tax|antal|qty|quantity|pris|price|rad|line|belopp|amount|summa|total|rabatt|discount|sku|plu"
)

_OF_A_LINE = re.compile(
    r"produkt|artikel|vara|varugrupp|benamning|product|item|article|variant|beskriv|descript|betal|tender|method|metod|"
    r"kategori|category|department|momssats|rate|\brad|line|sku|plu|antal|qty|quantity|pris|price|payment"
)


def line_cells(export: Export, cells: tuple[str, ...]) -> tuple[str, ...]:
    """Return the cells by which lines or payments of one receipt differ."""
    used = {*export.columns.values(), *export.marks.statuses, *export.marks.flags}
    return tuple(
        spaced(cells[place]) if place < len(cells) else ""
        for place, heading in enumerate(export.headings)
        if place not in used and _is_of_a_line(heading)
    )


@lru_cache(maxsize=1024)
def _is_of_a_line(heading: str) -> bool:
    if is_amount_heading(heading):
        return False
    bare = re.sub(r"\(.*?\)", " ", heading)
    return "%" in bare or _OF_A_LINE.search(folded(plain_heading(heading))) is not None


def seeming_till(export: Export) -> tuple[int, int] | None:
    """Return the column that parts all receipts with the same number, and the first repeated row.

    Lines and payments of one receipt differ in their articles, taxes and methods, which name no till.
    """
    if "till" in export.columns or "receipt" not in export.columns:
        return None
    lines = [
        (number, cells, (export.cell(cells, "day"), export.cell(cells, "receipt"))) for number, cells in export.rows
    ]
    receipts = Counter(key for _, _, key in lines if key[1])
    repeated = [number for number, _, key in lines if receipts.get(key, 0) > 1]
    if not repeated:
        return None
    used = {*export.columns.values(), *export.marks.statuses, *export.marks.flags}
    seeming: int | None = None
    for place, heading in enumerate(export.headings):
        values = Counter((key, spaced(cells[place]) if place < len(cells) else "") for _, cells, key in lines if key[1])
        if place in used or max(values.values()) > 1:
            continue
        if _ARTICLES.search(plain_heading(heading)):
            return None  # The rows of a receipt differ in their articles: they are its lines.
        of_a_till = 1 < len({value for _, value in values}) <= MOST_TILLS and not is_status(heading)
        if of_a_till and not is_description(heading) and not _LINES.search(plain_heading(heading)) and seeming is None:
            seeming = place
    return None if seeming is None else (seeming, repeated[0])
