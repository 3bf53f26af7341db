"""Reads lines and columns from an export's bytes, detecting encoding and separator."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines.till.errors import UnreadableExport
from pipelines.till.values import spaced

ColumnKind = Literal["day", "count", "receipt", "total", "cafe", "till", "fee", "net"]

SEPARATORS = (";", "\t", ",")
HEADING_WITHIN = 60  # lines: Zettle's report begins with sixteen lines about the merchant
WORKBOOK = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"

# Headings in Swedish, English and Danish, without their brackets.
HEADINGS: Mapping[ColumnKind, frozenset[str]] = {
    "day": frozenset(
        ("datum", "dag", "affärsdag", "köpdatum", "datum och tid", "date", "day", "business day", "dato")
    ),
    "count": frozenset(
        (
            "kunder", "antal kunder", "gäster", "antal gäster", "kvitton", "antal kvitton", "köp", "antal köp",
            "antal transaktioner", "antal betalningar", "antal försäljningar", "customers", "guests", "receipts",
            "number of receipts", "number of customers", "transactions", "number of transactions", "number of sales",
            "antal kvitteringer", "antal kunder/gäster",
        )
    ),
    "receipt": frozenset(
        (
            "kvittonummer", "kvittonr", "kvitto nr", "kvitto", "kvittonummer/id", "receipt number", "receipt no",
            "receipt", "receipt id", "kvitteringsnummer", "transaktionsnummer", "transaction id",
        )
    ),
    "total": frozenset(("total", "totalt", "totalbelopp", "summa", "belopp", "amount", "brutto", "totalsumma")),
    "cafe": frozenset(("kafé", "kafe", "café", "cafe", "butik", "försäljningsställe", "store", "location")),
    "till": frozenset(("kassa", "kassanummer", "kassaregister", "till", "register", "terminal")),
    "fee": frozenset(("avgift", "fee", "afgift")),
    "net": frozenset(("netto", "net")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Export:
    """A file's lines under its headings.

    Attributes:
        name: The file's name.
        columns: Each known column's index.
        headings: Every heading as written.
        rows: The lines below the headings: their number in the file and their cells.
    """

    name: str
    columns: Mapping[ColumnKind, int]
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

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


def read_export(body: bytes, *, name: str) -> Export:
    """Return a file's lines under its headings.

    Raises:
        UnreadableExport: it is a workbook, not text, or has no known headings.
    """
    text = _decoded(body, name=name)
    best: Export | None = None
    for separator in SEPARATORS:
        found = _under_headings(text, separator=separator, name=name)
        if found is not None and (best is None or len(found.columns) > len(best.columns)):
            best = found
    if best is None:
        raise UnreadableExport(
            f"{name} has no line of headings with a day and either a number of customers or a receipt number.",
            remedy="Headings that are known: datum, antal kunder; or datum, kvittonummer, total. See docs/counts.md.",
        )
    return best


def _decoded(body: bytes, *, name: str) -> str:
    if body.startswith((WORKBOOK, OLD_WORKBOOK)):
        raise UnreadableExport(
            f"{name} is an Excel workbook.",
            remedy='Open it in Excel, Numbers or LibreOffice, save it as "CSV UTF-8", and import that file.',
        )
    of_excel = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # Its "Unicode text".
    for encoding in ("utf-16",) if of_excel else ("utf-8-sig", "cp1252"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and text.strip():
            return text
    raise UnreadableExport(f"{name} is empty or no text.", remedy="Export it again as CSV.")


def _under_headings(text: str, *, separator: str, name: str) -> Export | None:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines: list[tuple[int, tuple[str, ...]]] = []
    try:
        before = 0
        for cells in reader:
            lines.append((before + 1, tuple(cells)))
            before = reader.line_num
    except csv.Error:
        return None
    for place, (_, heads) in enumerate(lines[:HEADING_WITHIN]):
        columns = _columns(heads)
        if "day" in columns and ("count" in columns or "receipt" in columns):
            below = tuple(line for line in lines[place + 1 :] if any(cell.strip() for cell in line[1]))
            headings = tuple(spaced(cell) for cell in heads)
            return Export(name=name, columns=columns, headings=headings, rows=below)
    return None


def _columns(cells: tuple[str, ...]) -> dict[ColumnKind, int]:
    columns: dict[ColumnKind, int] = {}
    for place, cell in enumerate(cells):
        heading = spaced(re.sub(r"\(.*?\)", "", cell)).casefold().strip(" .:")
        for kind, names in HEADINGS.items():
            if heading in names:
                columns.setdefault(kind, place)
    return columns
