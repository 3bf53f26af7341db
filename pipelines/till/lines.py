"""Reads lines and columns from an export's bytes, detecting encoding and separator."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.till.answers import NO_ANSWERS, Answers
from pipelines.till.errors import UnreadableExport
from pipelines.till.headings import ColumnKind, heading_key, known_columns
from pipelines.till.marks import Marks, find_marks
from pipelines.till.values import spaced

SEPARATORS = (";", "\t", ",")
HEADING_WITHIN = 60  # lines: Zettle's report begins with sixteen lines about the merchant
WORKBOOK = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Export:
    """A file's lines under its headings.

    Attributes:
        name: The file's name.
        columns: Each known column's index.
        headings: Every heading as written.
        marks: The columns that say what a row is.
        rows: The lines below the headings: their number in the file and their cells.
        above: The lines above the headings.
    """

    name: str
    columns: Mapping[ColumnKind, int]
    headings: tuple[str, ...]
    marks: Marks
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    above: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def cell(self, row: tuple[str, ...], kind: ColumnKind) -> str:
        """Return a cell's text; empty if the line or the file has none."""
        place = self.columns.get(kind)
        return spaced(row[place]) if place is not None and place < len(row) else ""

    def heading(self, kind: ColumnKind) -> str:
        """Return a known column's heading as written."""
        return self.headings[self.columns[kind]]

    @property
    def of_zettle(self) -> bool:
        """Return whether it looks like Zettle's report of receipts."""
        return {"receipt", "total", "fee", "net"} <= set(self.columns)


def read_export(body: bytes, *, name: str, answers: Answers = NO_ANSWERS) -> Export:
    """Return a file's lines, their letters composed, under its headings.

    Args:
        body: The file's bytes.
        name: Its name.
        answers: A person's answers, which may name columns.

    Raises:
        UnreadableExport: it is a workbook, not text, or has no known headings.
    """
    text = _decoded(body, name=name)
    best: Export | None = None
    for separator in SEPARATORS:
        found = _under_headings(text, separator=separator, name=name, answers=answers)
        if found is not None and (best is None or len(found.columns) > len(best.columns)):
            best = found
    if best is None:
        raise UnreadableExport(
            f"{name} has no line of headings with a day and either a number of customers or a receipt number.",
            remedy="Headings that are known: datum, antal kunder; or datum, kvittonummer, total. See docs/counts.md.",
            code="no_headings",
            file=name,
        )
    return best


def _decoded(body: bytes, *, name: str) -> str:
    if body.startswith((WORKBOOK, OLD_WORKBOOK)):
        raise UnreadableExport(
            f"{name} is an Excel workbook.",
            remedy='Open it in Excel, Numbers or LibreOffice, save it as "CSV UTF-8", and import that file.',
            code="workbook",
            file=name,
        )
    of_excel = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # Its "Unicode text".
    for encoding in ("utf-16",) if of_excel else ("utf-8-sig", "cp1252"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and text.strip():
            return unicodedata.normalize("NFC", text)
    raise UnreadableExport(f"{name} is empty or no text.", remedy="Export it again as CSV.", code="no_text", file=name)


def _under_headings(text: str, *, separator: str, name: str, answers: Answers) -> Export | None:
    reader = csv.reader(io.StringIO(f"{text}\n", newline=""), delimiter=separator)
    lines: list[tuple[int, tuple[str, ...]]] = []
    before = 0
    broken = False
    try:
        for cells in reader:
            lines.append((before + 1, tuple(cells)))
            before = reader.line_num
    except csv.Error:
        broken = True
    for place, (_, heads) in enumerate(lines[:HEADING_WITHIN]):
        if {"day", "count"} <= set(found := known_columns(heads)) or {"day", "receipt"} <= set(found):
            below = tuple(line for line in lines[place + 1 :] if any(cell.strip() for cell in line[1]))
            columns = _answered(heads, known_columns(heads, [cells for _, cells in below]), answers=answers)
            if "count" not in columns and "receipt" not in columns:
                continue
            if broken:
                raise UnreadableExport(
                    f"{name} cannot be read from row {before + 1} on: a cell there never ends.",
                    remedy="Remove the quotation mark that is never closed, and import the file again.",
                    code="unclosed",
                    file=name,
                    row=before + 1,
                )
            headings = tuple(spaced(cell) for cell in heads)
            marks = find_marks(headings, below, used=set(columns.values()), answers=answers)
            above = tuple(lines[:place])
            return Export(name=name, columns=columns, headings=headings, marks=marks, rows=below, above=above)
    return None


def _answered(heads: tuple[str, ...], columns: dict[ColumnKind, int], *, answers: Answers) -> dict[ColumnKind, int]:
    written, plain = [spaced(cell) for cell in heads], [heading_key(cell) for cell in heads]
    answered: dict[ColumnKind, str] = {"count": answers.count, "total": answers.amount, "till": answers.till}
    for kind, heading in answered.items():
        if heading and spaced(heading) in written:
            columns[kind] = written.index(spaced(heading))
        elif heading and heading_key(heading) in plain:
            columns[kind] = plain.index(heading_key(heading))
    return columns
