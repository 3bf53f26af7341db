"""The fate of each row of an import, and the combined content of its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from pipelines.till.answers import Question
from pipelines.till.errors import Fault, UnusableCell
from pipelines.till.headings import ColumnKind
from pipelines.till.lines import Export

Format = Literal["zettle", "receipts", "daily"]
Fate = Literal[
    "counted", "same_receipt", "same_day", "refund", "failed", "cancelled", "training", "copy", "parked", "no_sale",
    "no_receipt", "no_number", "totals", "note", "other_cafe", "left_out", "open", "fault",
]  # fmt: skip

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """The fate of one row.

    Attributes:
        file: The file's name.
        number: The row's number in it.
        fate: Whether and how it counts; `open` if a question must be answered first.
        cafe: Its café, once read.
        day: Its business day, once read.
        why: Why its day is left out; None if it is counted.
    """

    file: str
    number: int
    fate: Fate
    cafe: str | None = None
    day: date | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read.

    Attributes:
        format: Its format.
        columns: The heading of each column that is used, by its kind.
        statuses: The headings that say whether a row is a sale.
    """

    format: Format
    columns: Mapping[ColumnKind, str]
    statuses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """The combined content of some exports.

    Attributes:
        readings: How each file is read, by its name.
        customers: Customers by café and day.
        tills: Customers by café, day and till, of the days whose tills are named.
        rows: The fate of each row, in the files' order.
        faults: The unusable cells; nothing may be imported if there are any.
        questions: What is not known; nothing may be imported if there is any.
    """

    readings: Mapping[str, Reading]
    customers: Mapping[tuple[str, date], int]
    tills: Mapping[tuple[str, date], Mapping[str, int]]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    questions: tuple[Question, ...]

    @property
    def formats(self) -> Mapping[str, Format]:
        """Return each file's format, by its name."""
        return {name: reading.format for name, reading in self.readings.items()}


class RefusedRow(Exception):
    """A row has a fault."""

    def __init__(self, column: str, found: str, expected: str) -> None:
        super().__init__(found)
        self.column, self.found, self.expected = column, found, expected


def read_cell(export: Export, cells: tuple[str, ...], kind: ColumnKind, read: Callable[[str], T]) -> T:
    """Return a cell's value.

    Raises:
        RefusedRow: the cell cannot be read.
    """
    try:
        return read(export.cell(cells, kind))
    except UnusableCell as error:
        raise RefusedRow(export.heading(kind), error.found, error.expected) from None
