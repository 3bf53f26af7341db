"""Counts customers by café and day in tills' exports: one per paid receipt, or a day's numbers.

Each row's fate is returned too, so that a person can review an import before it is made.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from pilot.cafes import Cafe, Cafes
from pilot.counts import MOST_CUSTOMERS
from pipelines.till.answers import NO_ANSWERS, Answers, Question
from pipelines.till.day_numbers import DayNumbers
from pipelines.till.doubles import questions_of_doubles
from pipelines.till.errors import Fault, UnreadableExport
from pipelines.till.lines import Export
from pipelines.till.receipts import Receipts
from pipelines.till.rows import Reading, RefusedRow, Row, Tally, read_cell
from pipelines.till.totals import cell_with_rows, count_or_nothing, is_note, is_total_of_file
from pipelines.till.unnamed_tills import seeming_till
from pipelines.till.values import business_day_of, kind_of, spaced

# Returns the code of why a day is left out; None if it is counted.
ExclusionReason = Callable[[Cafe, date], str | None]


def tally(
    exports: Sequence[Export],
    *,
    cafes: Cafes,
    cafe: str | None,
    today: date,
    exclusion_reason: ExclusionReason,
    answers: Answers = NO_ANSWERS,
) -> Tally:
    """Count the customers in some exports; a receipt or a day that occurs in two of them counts once.

    Args:
        exports: The files.
        cafes: The cafés.
        cafe: The files' café; None if a column names it.
        today: The last allowed day.
        exclusion_reason: Returns why a café's day does not count; None if it does.
        answers: A person's answers to the questions of an earlier plan.

    Raises:
        UnreadableExport: a file has no column for the café, and `cafe` is None.
    """
    counting = _Counting(cafes=cafes, cafe=cafe, today=today, exclusion_reason=exclusion_reason, answers=answers)
    for export in exports:
        counting.add(export)
    return counting.done()


class _Counting:
    """The rows seen so far."""

    def __init__(
        self, *, cafes: Cafes, cafe: str | None, today: date, exclusion_reason: ExclusionReason, answers: Answers
    ) -> None:
        self._cafes, self._today, self._exclusion_reason, self._answers = cafes, today, exclusion_reason, answers
        self._fixed = cafes.get(cafe) if cafe is not None else None
        self._by_name = {_plain(name): each for each in cafes.cafe for name in (each.id, each.name)}
        self._readings: dict[str, Reading] = {}
        self._receipts, self._days = Receipts(answers=answers), DayNumbers(answers=answers)
        self._rows: list[Row] = []
        self._faults: list[Fault] = []
        self._questions: list[Question] = []

    def add(self, export: Export) -> None:
        """Add a file's rows."""
        export = self._with_cafe(export)
        if self._fixed is None and "cafe" not in export.columns:
            raise UnreadableExport(
                f"{export.name} does not say which café it is of.",
                remedy=f"Add --cafe, one of {', '.join(self._cafes.ids)}.",
                code="no_cafe",
                file=export.name,
            )
        self._refuse_another_cafe(export)
        by_receipt = "receipt" in export.columns
        marks = export.marks
        self._questions += questions_of_doubles(export, answers=self._answers)
        self._readings[export.name] = Reading(
            format="zettle" if export.of_zettle else "receipts" if by_receipt else "daily",
            columns={kind: export.headings[place] for kind, place in export.columns.items()},
            statuses=tuple(export.headings[place] for place in (*marks.statuses, *marks.flags, *marks.filled)),
        )
        if by_receipt:
            till = None if self._answers.one_till else seeming_till(export)
            if till is not None:
                self._questions.append(Question("tills", export.name, export.headings[till[0]], till[1], 1))
            self._questions += [
                Question("status_column", export.name, export.headings[place], row, 1)
                for place, row in export.marks.doubtful.items()
            ]
        self._sum = 0
        for number, cells in export.rows:
            try:
                row = self._row(export, number, cells, by_receipt=by_receipt)
            except RefusedRow as refused:
                row = Row(export.name, number, "fault")
                self._faults.append(Fault(export.name, number, refused.column, refused.found, refused.expected))
            self._rows.append(row)

    def done(self) -> Tally:
        """Return the counts."""
        asked = {question.file for question in self._questions if question.code == "tills"}
        days, of_tills, totals, faults = self._days.sums()
        self._faults += faults
        counts, tills = self._receipts.by_day(), self._receipts.by_till() | of_tills
        for key, number in days.items():
            if counts.get(key, number.count) != number.count:
                self._faults.append(
                    Fault(
                        number.file,
                        number.row,
                        "customers",
                        f"{number.count} customers",
                        f"the {counts[key]} of the other file",
                    )
                )
            counts[key] = number.count
        for (cafe, day), count in counts.items():
            if count > MOST_CUSTOMERS:
                files, most = ", ".join(self._readings), f"{MOST_CUSTOMERS} at most"
                self._faults.append(Fault(files, 0, f"{cafe} {day}", f"{count} customers", most))
        return Tally(
            readings=self._readings,
            customers={key: counts[key] for key in sorted(counts)},
            tills={key: tills[key] for key in sorted(tills)},
            rows=tuple(replace(row, fate="totals") if (row.file, row.number) in totals else row for row in self._rows),
            faults=tuple(self._faults),
            questions=(
                *self._questions,
                *(each for each in self._receipts.questions() if each.code != "tills" or each.file not in asked),
                *self._days.questions(),
            ),
        )

    def _row(self, export: Export, number: int, cells: tuple[str, ...], *, by_receipt: bool) -> Row:
        swallowing = cell_with_rows(export, cells)
        if swallowing is not None:
            column = export.headings[swallowing] if swallowing < len(export.headings) else ""
            raise RefusedRow(column, "a quotation mark that takes in the rows below", "a cell that ends in its row")
        if is_total_of_file(export, cells, by_receipt=by_receipt, sum_so_far=self._sum):
            return Row(export.name, number, "totals")
        if is_note(export, cells):
            return Row(export.name, number, "note")
        cafe = self._cafe(export, cells)
        if cafe is None:
            return Row(export.name, number, "other_cafe")
        day = read_cell(export, cells, "day", business_day_of)
        if day > self._today:
            raise RefusedRow(export.heading("day"), "a day that has not come", f"{self._today} or an earlier day")
        if not by_receipt:
            self._sum += count_or_nothing(export.cell(cells, "count"))
        why = self._exclusion_reason(cafe, day)
        if why is not None:
            return Row(export.name, number, "left_out", cafe.id, day, why)
        counted = self._receipts if by_receipt else self._days
        fate = counted.add(export, number, cells, cafe=cafe.id, day=day)
        return Row(export.name, number, fate, cafe.id, day)

    def _with_cafe(self, export: Export) -> Export:
        """Return the export with a column of cafés' names as its café, however it is called."""
        if "cafe" in export.columns:
            return export
        names = {_plain(each.name) for each in self._cafes.cafe}
        used = set(export.columns.values())
        for place in range(len(export.headings)):
            if place not in used and any(_plain(row[place]) in names for _, row in export.rows if place < len(row)):
                return replace(export, columns={**export.columns, "cafe": place})
        return export

    def _refuse_another_cafe(self, export: Export) -> None:
        """Refuse a file without a column of cafés if a line beside its receipts names another known café.

        Raises:
            UnreadableExport: it does.
        """
        if self._fixed is None or "cafe" in export.columns:
            return
        notes = [(number, cells) for number, cells in export.rows if is_note(export, cells)]
        for number, cells in (*export.above, *notes):
            text = f" {_plain(_NO_WORD.sub(' ', ' '.join(cells)))} "
            named = [each for each in self._cafes.cafe if f" {_plain(each.name)} " in text or f" {each.id} " in text]
            if named and self._fixed not in named:
                raise UnreadableExport(
                    f"{export.name}, row {number}, names another café than {self._fixed.id}.",
                    remedy=f"Import it with --cafe {named[0].id}, or split it by café.",
                    code="other_cafe",
                    file=export.name,
                    row=number,
                )

    def _cafe(self, export: Export, cells: tuple[str, ...]) -> Cafe | None:
        """Return a row's café; None if it is of another one than the files' café."""
        if "cafe" not in export.columns:
            return self._fixed
        text = export.cell(cells, "cafe")
        counts = self._answers.of_value(text) if text else None
        found = self._by_name.get(_plain(text)) or (self._fixed if not text or counts else None)
        if counts is False:
            return None
        if found is None:
            known = f"a café: {', '.join(self._cafes.ids)}"
            raise RefusedRow(
                export.heading("cafe"), kind_of(text), f"{known}; or answer --counts VALUE or --ignores VALUE"
            )
        return found if self._fixed is None or found.id == self._fixed.id else None


_NO_WORD = re.compile(r"\W+")


def _plain(text: str) -> str:
    return spaced(unicodedata.normalize("NFC", text)).casefold()
