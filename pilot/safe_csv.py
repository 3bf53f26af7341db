"""CSV that no spreadsheet runs as a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from defusedcsv import csv

BYTE_ORDER_MARK = "\ufeff"  # Excel reads UTF-8, and so å, ä and ö, only after it.


def csv_file(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV, with an apostrophe before a text that would run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    # A tab or a line break before a formula hides it from defusedcsv, but not from a spreadsheet.
    writer.writerows([value.strip() if isinstance(value, str) else value for value in row] for row in rows)
    return (BYTE_ORDER_MARK + out.getvalue()).encode("utf-8")
