"""Sums numbers a day, till and hour to one number a day, and compares them with given totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pilot.counts import MOST_CUSTOMERS
from pipelines.till.answers import NO_ANSWERS, Answers, Question
from pipelines.till.errors import Fault
from pipelines.till.headings import ColumnKind
from pipelines.till.lines import Export
from pipelines.till.rows import Fate, RefusedRow, read_cell
from pipelines.till.totals import is_total_name, names_total
from pipelines.till.values import minute_of, same_name, spaced, whole_number

GRID_MINUTES = 15  # Hours and their quarters begin at such minutes; readings of a till do not.
FEWEST_SUMMED = 3  # hours among which a sum of all others is no accident
FEWEST_RISING = 3  # numbers that never fall in a day seem to be a running total
_OF_A_NUMBER: tuple[ColumnKind, ...] = ("day", "time", "count", "cafe", "till")

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

    def __init__(self, *, answers: Answers = NO_ANSWERS) -> None:
        self._answers = answers
        self._seen: dict[Key, dict[Part, Number]] = {}
        self._others: dict[tuple[Key, Part], tuple[str, ...]] = {}
        self._rising: dict[str, list[Number]] = {}
        self._timed: dict[str, bool] = {}
        self._tills: dict[str, str] = {}
        self._wholes: dict[str, list[Number]] = {}

    def add(self, export: Export, number: int, cells: tuple[str, ...], *, cafe: str, day: date) -> Fate:
        """Add one row, and return its fate.

        Raises:
            RefusedRow: its number cannot be read, or is another one than before.
        """
        if not export.cell(cells, "count"):
            return "no_number"  # A day without a number is missing; it does not have 0 customers.
        if any(
            self._answers.of_value(text) is False for text in (export.cell(cells, "till"), export.cell(cells, "time"))
        ):
            return "totals"
        count = read_cell(export, cells, "count", whole_number)
        if count > MOST_CUSTOMERS:
            raise RefusedRow(export.heading("count"), "a number too large for a day", f"0 to {MOST_CUSTOMERS}")
        part = self._part(export, cells)
        earlier = self._seen.setdefault((cafe, day), {}).setdefault(
            part, given := Number(count, export.name, number, export.heading("count"))
        )
        others = _other_cells(export, cells)
        if earlier == given:
            self._others[(cafe, day), part] = others
            return "counted"
        if earlier.count != count:
            of = "".join(f", {name} {text}" for name, text in zip(("till", "hour"), part, strict=True) if text)
            raise RefusedRow(
                export.heading("count"),
                "another number for a day that has one",
                f"one number for {cafe} on {day}{of} (the other is in {earlier.file}, row {earlier.row})",
            )
        if earlier.file == export.name and self._others[(cafe, day), part] != others:
            raise RefusedRow(
                export.heading("count"),
                "a second row of a day, with the same number but other cells",
                f"one row for {cafe} on {day}: add up the rows if each has a part (the other is row {earlier.row})",
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
            of_till = {till: self._sum_of_hours(till, parts, totals=totals, faults=faults) for till in names}
            whole = of_till.pop("", None)
            if whole is None:
                self._ask_for_whole(of_till, timed=False)
            if not of_till:
                assert whole is not None
                days[key] = whole
                continue
            tills[key] = {till: each.count for till, each in of_till.items()}
            if whole is not None:
                totals.update((each.file, each.row) for (till, _), each in parts.items() if not till)
            days[key] = _compared(list(of_till.values()), whole, faults=faults)
        return days, tills, totals, faults

    def questions(self) -> tuple[Question, ...]:
        """Return the open questions, once the days are summed."""
        return tuple(
            Question("hours", file, numbers[0].column, numbers[0].row, len(numbers))
            for file, numbers in self._rising.items()
        ) + tuple(
            Question("whole", file, numbers[0].column, numbers[0].row, len(numbers))
            for file, numbers in self._wholes.items()
        )

    def _sum_of_hours(
        self, till: str, parts: Mapping[Part, Number], *, totals: set[tuple[str, int]], faults: list[Fault]
    ) -> Number:
        """Return a till's number: that of the day if it is the only one, else the sum of its hours."""
        hours = {hour: number for (of, hour), number in parts.items() if of == till}
        whole = hours.pop("", None)
        if whole is None:
            self._ask_for_whole(hours, timed=True)
        if not hours:
            assert whole is not None
            return whole
        readings = [number for hour, number in hours.items() if (minute_of(hour) or 0) % GRID_MINUTES]
        if readings and len(hours) > 1 and not self._answers.running_total:
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
        in_time = [number for _, number in sorted(hours.items(), key=lambda each: minute_of(each[0]) or 0)]
        if self._answers.running_total:
            return _compared(in_time[-1:], whole, faults=faults)
        if whole is None and not self._answers.each_hour and _never_falls(in_time):
            self._rising.setdefault(in_time[0].file, []).extend(in_time)
        return _compared(list(hours.values()), whole, faults=faults)

    def _ask_for_whole(self, numbers: Mapping[str, Number], *, timed: bool) -> None:
        """Ask about a till or hour whose number is the sum of all others; of two, only without a time."""
        total = sum(number.count for number in numbers.values())
        for name, number in numbers.items():
            is_sum = number.count > 0 and 2 * number.count == total
            plain = timed and len(numbers) < FEWEST_SUMMED and minute_of(name) is not None
            if is_sum and not plain and self._answers.of_value(name) is None:
                others = [each for each in numbers.values() if each is not number]
                last = max(
                    [number, *(each for each in others if each.count == number.count)], key=lambda each: each.row
                )
                self._wholes.setdefault(last.file, []).append(last)
                return

    def _part(self, export: Export, cells: tuple[str, ...]) -> Part:
        till, hour = export.cell(cells, "till"), export.cell(cells, "time")
        if "time" not in export.columns:
            # Excel writes days as midnights: in a file with other times, midnight is an hour.
            if export.name not in self._timed:
                self._timed[export.name] = any(minute_of(export.cell(row, "day")) for _, row in export.rows)
            minute = minute_of(export.cell(cells, "day")) if self._timed[export.name] else None
            hour = "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"
        till, hour = ("" if is_total_name(text) else text for text in (till, hour))
        till = self._tills.setdefault(same_name(till), till)
        if names_total(export, cells) and till and hour:
            return till, ""
        return till, hour


def _other_cells(export: Export, cells: tuple[str, ...]) -> tuple[str, ...]:
    """Return the cells of a row that do not say whose number it is."""
    used = {export.columns[kind] for kind in _OF_A_NUMBER if kind in export.columns}
    others = [spaced(cell) for place, cell in enumerate(cells) if place not in used]
    while others and not others[-1]:
        others.pop()
    return tuple(others)


def _never_falls(numbers: list[Number]) -> bool:
    counts = [number.count for number in numbers]
    return len(counts) >= FEWEST_RISING and counts == sorted(counts) and counts[0] < counts[-1]


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
