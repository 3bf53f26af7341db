"""Counts customers by café and day in tills' exports: one per positive receipt, or the day's number.

Each row's fate is returned too, so that a person can review an import before it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from pilot.cafes import Cafe, Cafes
from pilot.counts import MOST_CUSTOMERS
from pipelines.till.errors import Fault, UnreadableExport, UnusableCell
from pipelines.till.lines import ColumnKind, Export
from pipelines.till.values import amount, business_day_of, kind_of, whole_number

Format = Literal["zettle", "receipts", "daily"]
Fate = Literal[
    "counted", "same_receipt", "same_day", "refund", "no_receipt", "no_number", "totals", "note", "left_out", "fault"
]
TOTALS = ("total", "summa", "sum", "delsumma", "subtotal", "i alt", "samtliga")

T = TypeVar("T")

# Returns the code of why a day is left out; None if it is counted.
ExclusionReason = Callable[[Cafe, date], str | None]


@dataclass(frozen=True, slots=True)
class Row:
    """The fate of one row.

    Attributes:
        file: The file's name.
        number: The row's number in it.
        fate: Whether and how it counts.
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
class Tally:
    """The combined content of some exports.

    Attributes:
        formats: Each file's format, by its name.
        customers: Customers by café and day.
        rows: The fate of each row, in the files' order.
        faults: The unusable cells; nothing may be imported if there are any.
    """

    formats: Mapping[str, Format]
    customers: Mapping[tuple[str, date], int]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


class _Refused(Exception):
    """A row has a fault."""

    def __init__(self, column: str, found: str, expected: str) -> None:
        super().__init__(found)
        self.column, self.found, self.expected = column, found, expected


def tally(
    exports: Sequence[Export], *, cafes: Cafes, cafe: str | None, today: date, exclusion_reason: ExclusionReason
) -> Tally:
    """Count the customers in some exports; a receipt or a day that occurs in two of them counts once.

    Args:
        exports: The files.
        cafes: The cafés.
        cafe: The files' café; None if a column names it.
        today: The last allowed day.
        exclusion_reason: Returns why a café's day does not count; None if it does.

    Raises:
        UnreadableExport: a file has no column for the café, and `cafe` is None.
    """
    counting = _Counting(cafes=cafes, cafe=cafe, today=today, exclusion_reason=exclusion_reason)
    for export in exports:
        if cafe is None and "cafe" not in export.columns:
            raise UnreadableExport(
                f"{export.name} does not say which café it is of.", remedy=f"Add --cafe, one of {', '.join(cafes.ids)}."
            )
        counting.add(export)
    return counting.done()


class _Counting:
    """The rows seen so far."""

    def __init__(self, *, cafes: Cafes, cafe: str | None, today: date, exclusion_reason: ExclusionReason) -> None:
        self._cafes, self._today, self._exclusion_reason = cafes, today, exclusion_reason
        self._fixed = cafes.get(cafe) if cafe is not None else None
        self._by_name = {name.casefold(): each for each in cafes.cafe for name in (each.id, each.name)}
        self._formats: dict[str, Format] = {}
        self._receipts: dict[tuple[str, date], set[tuple[str, str]]] = {}
        self._days: dict[tuple[str, date], tuple[int, str, int]] = {}
        self._rows: list[Row] = []
        self._faults: list[Fault] = []

    def add(self, export: Export) -> None:
        """Add a file's rows."""
        by_receipt = "receipt" in export.columns
        self._formats[export.name] = "zettle" if export.of_zettle else "receipts" if by_receipt else "daily"
        self._sum = 0
        for number, cells in export.rows:
            try:
                row = self._row(export, number, cells, by_receipt=by_receipt)
            except _Refused as refused:
                row = Row(export.name, number, "fault")
                self._faults.append(Fault(export.name, number, refused.column, refused.found, refused.expected))
            self._rows.append(row)

    def done(self) -> Tally:
        """Return the counts."""
        counts = {key: len(numbers) for key, numbers in self._receipts.items()}
        for key, (count, file, number) in self._days.items():
            if key in counts and counts[key] != count:
                self._faults.append(
                    Fault(file, number, "customers", f"{count} customers", f"the {counts[key]} of the other file")
                )
            counts[key] = count
        for (cafe, day), count in counts.items():
            if count > MOST_CUSTOMERS:
                self._faults.append(
                    Fault(
                        ", ".join(self._formats), 0, f"{cafe} {day}", f"{count} customers", f"{MOST_CUSTOMERS} at most"
                    )
                )
        ordered = {key: counts[key] for key in sorted(counts)}
        return Tally(formats=self._formats, customers=ordered, rows=tuple(self._rows), faults=tuple(self._faults))

    def _row(self, export: Export, number: int, cells: tuple[str, ...], *, by_receipt: bool) -> Row:
        if self._is_total(export, cells, by_receipt=by_receipt):
            return Row(export.name, number, "totals")
        if self._is_note(export, cells):
            return Row(export.name, number, "note")
        day = self._read(export, cells, "day", business_day_of)
        if day > self._today:
            raise _Refused(export.heading("day"), "a day that has not come", f"{self._today} or an earlier day")
        cafe = self._cafe(export, cells)
        if not by_receipt:
            self._sum += _count_or_nothing(export.cell(cells, "count"))
        why = self._exclusion_reason(cafe, day)
        if why is not None:
            return Row(export.name, number, "left_out", cafe.id, day, why)
        fate = self._receipt(export, cells, cafe, day) if by_receipt else self._day(export, number, cells, cafe, day)
        return Row(export.name, number, fate, cafe.id, day)

    def _receipt(self, export: Export, cells: tuple[str, ...], cafe: Cafe, day: date) -> Fate:
        receipt = export.cell(cells, "receipt")
        if not receipt:
            return "no_receipt"
        if "total" in export.columns and self._read(export, cells, "total", amount) <= 0:
            return "refund"
        seen = self._receipts.setdefault((cafe.id, day), set())
        key = (export.cell(cells, "till"), receipt)
        if key in seen:
            return "same_receipt"
        seen.add(key)
        return "counted"

    def _day(self, export: Export, number: int, cells: tuple[str, ...], cafe: Cafe, day: date) -> Fate:
        if not export.cell(cells, "count"):
            return "no_number"  # A day without a number is missing; it does not have 0 customers.
        count = self._read(export, cells, "count", whole_number)
        if count > MOST_CUSTOMERS:
            raise _Refused(export.heading("count"), "a number too large for a day", f"0 to {MOST_CUSTOMERS}")
        earlier = self._days.setdefault((cafe.id, day), (count, export.name, number))
        if earlier == (count, export.name, number):
            return "counted"
        if earlier[0] != count:
            raise _Refused(
                export.heading("count"),
                "another number for a day that has one",
                f"one number for {cafe.id} on {day} (the other is in {earlier[1]}, row {earlier[2]})",
            )
        return "same_day"

    def _is_total(self, export: Export, cells: tuple[str, ...], *, by_receipt: bool) -> bool:
        first = next((cell.strip().casefold() for cell in cells if cell.strip()), "")
        if first.rstrip(":").startswith(TOTALS) and not _is_day(cells):
            return True
        if export.cell(cells, "day"):
            return False
        if by_receipt:
            return not export.cell(cells, "receipt") and bool(export.cell(cells, "total"))
        return bool(self._sum) and _count_or_nothing(export.cell(cells, "count")) == self._sum

    def _is_note(self, export: Export, cells: tuple[str, ...]) -> bool:
        alone = len([cell for cell in cells if cell.strip()]) == 1 and len(export.headings) > 1
        return alone and not export.cell(cells, "count") and not _is_day(cells)

    def _cafe(self, export: Export, cells: tuple[str, ...]) -> Cafe:
        if "cafe" not in export.columns:
            assert self._fixed is not None
            return self._fixed
        text = export.cell(cells, "cafe")
        found = self._by_name.get(text.casefold()) or (self._fixed if not text else None)
        if found is None:
            raise _Refused(export.heading("cafe"), kind_of(text), f"a café: {', '.join(self._cafes.ids)}")
        if self._fixed is not None and found.id != self._fixed.id:
            raise _Refused(export.heading("cafe"), f"the café {found.id}", f"{self._fixed.id}, as --cafe says")
        return found

    def _read(self, export: Export, cells: tuple[str, ...], kind: ColumnKind, read: Callable[[str], T]) -> T:
        try:
            return read(export.cell(cells, kind))
        except UnusableCell as error:
            raise _Refused(export.heading(kind), error.found, error.expected) from None


def _count_or_nothing(text: str) -> int:
    try:
        return whole_number(text)
    except UnusableCell:
        return 0


def _is_day(cells: tuple[str, ...]) -> bool:
    try:
        business_day_of(next(cell for cell in cells if cell.strip()))
    except UnusableCell:
        return False
    return True
