"""Sums numbers a day, till and hour to one number a day, and compares them with given totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pilot.counts import MOST_CUSTOMERS
from pipelines.till.errors import Fault
from pipelines.till.lines import Export
from pipelines.till.rows import Fate, RefusedRow, read_cell
from pipelines.till.totals import is_total_name, names_total
from pipelines.till.values import minute_of, whole_number

GRID_MINUTES = 15  # Hours and their quarters begin at such minutes; readings of a till do not.

Key = tuple[str, date]
Part = tuple[str, str]  # till and hour, each empty if the number is of all


@dataclass(frozen=True, slots=True)
class Number:
    """One number of customers.

    Attributes:
        count: The number.
        file: The file's name.
        row: The row's number in it.
        column: The column's heading.
    """

    count: int
    file: str
    row: int
    column: str


class DayNumbers:
    """The numbers seen so far, by café and day, then by till and hour."""

    def __init__(self) -> None:
        self._seen: dict[Key, dict[Part, Number]] = {}
        self._timed: dict[str, bool] = {}

    def add(self, export: Export, number: int, cells: tuple[str, ...], *, cafe: str, day: date) -> Fate:
        """Add one row, and return its fate.

        Raises:
            RefusedRow: its number cannot be read, or is another one than before.
        """
        if not export.cell(cells, "count"):
            return "no_number"  # A day without a number is missing; it does not have 0 customers.
        count = read_cell(export, cells, "count", whole_number)
        if count > MOST_CUSTOMERS:
            raise RefusedRow(export.heading("count"), "a number too large for a day", f"0 to {MOST_CUSTOMERS}")
        part = self._part(export, cells)
        earlier = self._seen.setdefault((cafe, day), {}).setdefault(
            part, given := Number(count, export.name, number, export.heading("count"))
        )
        if earlier == given:
            return "counted"
        if earlier.count != count:
            of = "".join(f", {name} {text}" for name, text in zip(("till", "hour"), part, strict=True) if text)
            raise RefusedRow(
                export.heading("count"),
                "another number for a day that has one",
                f"one number for {cafe} on {day}{of} (the other is in {earlier.file}, row {earlier.row})",
            )
        return "same_day"

    def sums(self) -> tuple[dict[Key, Number], dict[Key, dict[str, int]], set[tuple[str, int]], list[Fault]]:
        """Return the number of each day, that of its tills, the rows that are totals, and the faults."""
        days: dict[Key, Number] = {}
        tills: dict[Key, dict[str, int]] = {}
        totals: set[tuple[str, int]] = set()
        faults: list[Fault] = []
        for key, parts in self._seen.items():
            names = sorted({till for till, _ in parts})
            of_till = {till: _sum_of_hours(till, parts, totals=totals, faults=faults) for till in names}
            whole = of_till.pop("", None)
            if not of_till:
                assert whole is not None
                days[key] = whole
                continue
            tills[key] = {till: each.count for till, each in of_till.items()}
            if whole is not None:
                totals.update((each.file, each.row) for (till, _), each in parts.items() if not till)
            days[key] = _compared(list(of_till.values()), whole, faults=faults)
        return days, tills, totals, faults

    def _part(self, export: Export, cells: tuple[str, ...]) -> Part:
        till, hour = export.cell(cells, "till"), export.cell(cells, "time")
        if "time" not in export.columns:
            # Excel writes days as midnights: in a file with other times, midnight is an hour.
            if export.name not in self._timed:
                self._timed[export.name] = any(minute_of(export.cell(row, "day")) for _, row in export.rows)
            minute = minute_of(export.cell(cells, "day")) if self._timed[export.name] else None
            hour = "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"
        till, hour = ("" if is_total_name(text) else text for text in (till, hour))
        if names_total(export, cells) and till and hour:
            return till, ""
        return till, hour


def _sum_of_hours(
    till: str, parts: Mapping[Part, Number], *, totals: set[tuple[str, int]], faults: list[Fault]
) -> Number:
    """Return a till's number: that of the day if it is the only one, else the sum of its hours."""
    hours = {hour: number for (of, hour), number in parts.items() if of == till}
    whole = hours.pop("", None)
    if not hours:
        assert whole is not None
        return whole
    readings = [number for hour, number in hours.items() if (minute_of(hour) or 0) % GRID_MINUTES]
    if readings and len(hours) > 1:
        faults.append(
            Fault(
                readings[0].file,
                readings[0].row,
                readings[0].column,
                "one of several numbers of a day at times that begin no hour",
                "one number a day and till, or one for each hour",
            )
        )
    if whole is not None:
        totals.add((whole.file, whole.row))
    return _compared(list(hours.values()), whole, faults=faults)


def _compared(parts: list[Number], whole: Number | None, *, faults: list[Fault]) -> Number:
    """Return the parts' sum; a whole that differs is a fault."""
    count = sum(part.count for part in parts)
    if whole is not None and whole.count != count:
        faults.append(
            Fault(
                whole.file, whole.row, whole.column, f"{whole.count} customers", f"{count}, the sum of the day's rows"
            )
        )
    return Number(count, parts[0].file, parts[0].row, parts[0].column)
