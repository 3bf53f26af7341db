"""Counts receipts: a receipt number of a day and till with a positive total is one customer."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from pipelines.till.answers import Answers, Question, QuestionCode
from pipelines.till.lines import Export
from pipelines.till.rows import Fate, RefusedRow, read_cell
from pipelines.till.unnamed_tills import line_cells
from pipelines.till.values import amount, minute_of, plain_amount, same_name

MOSTLY = 0.8  # of a file's receipt numbers are plain: one with letters may be a sum
MOST_MINUTES_APART = 10  # of two lines or payments of one receipt

_SHORTENED = re.compile(r"\d+(?:[.,]\d+)?E\+\d+", re.IGNORECASE)  # Excel writes 100000 as 1E+05.

Key = tuple[str, date]


@dataclass(frozen=True, slots=True)
class _First:
    """The minute and amount of a counted receipt's first row, the articles of its last one, and its files."""

    minute: int | None
    amount: str
    line: tuple[str, ...]
    files: frozenset[str]


class Receipts:
    """The receipts seen so far, and what is not known about them."""

    def __init__(self, *, answers: Answers) -> None:
        self._answers = answers
        self._seen: dict[Key, dict[tuple[str, str], _First]] = {}
        self._numbers: set[tuple[str, Key, str, str]] = set()
        self._questions: dict[tuple[QuestionCode, str, str, str], list[int]] = {}
        self._asked_columns: dict[tuple[QuestionCode, str, str, str], str] = {}
        self._latest: tuple[str, str, date, str, str] | None = None
        self._follows = False
        self._plain: dict[str, bool] = {}
        self._tills: dict[str, str] = {}

    def add(self, export: Export, number: int, cells: tuple[str, ...], *, cafe: str, day: date) -> Fate:
        """Add one row of a receipt, and return its fate.

        Raises:
            RefusedRow: its amount cannot be read.
        """
        receipt = export.cell(cells, "receipt")
        if not receipt:
            return "no_receipt"
        if _SHORTENED.fullmatch(receipt):
            raise RefusedRow(
                export.heading("receipt"),
                "a number that a spreadsheet has shortened",
                "the whole receipt number: export it again, and do not save the file from a spreadsheet",
            )
        counts = self._counts_receipt(export, receipt)
        if counts is False:
            return "totals"
        receipt, till = same_name(receipt), self._till(export.cell(cells, "till"))
        position = (export.name, cafe, day, till, receipt)
        self._follows, self._latest = position == self._latest, position
        if "total" in export.columns:
            if not export.cell(cells, "total") and (export.name, (cafe, day), till, receipt) in self._numbers:
                return "same_receipt"  # A further line of a receipt whose amount is on its first.
            self._numbers |= {(export.name, (cafe, day), of, receipt) for of in (till, "")}
            if read_cell(export, cells, "total", amount) <= 0:
                return "refund"
        meaning, place = export.marks.read(cells, answers=self._answers)
        if meaning is None:
            self._ask("status_value", export, number, place=place, value=cells[place] if place < len(cells) else "")
            return "open"
        if meaning != "sale":
            return meaning
        if counts is None:
            self._ask("receipt_value", export, number, place=export.columns["receipt"], value=letters_of(receipt))
            return "open"
        if "total" not in export.columns and not self._answers.no_amount:
            self._ask("no_amount", export, number)
            return "open"
        return self._count(export, number, cells, key=(cafe, day), till=till, receipt=receipt)

    def _counts_receipt(self, export: Export, receipt: str) -> bool | None:
        """Return whether a text is a receipt number; None if it has letters among plain numbers."""
        if export.name not in self._plain:
            texts = [export.cell(cells, "receipt") for _, cells in export.rows]
            plain = sum(not letters_of(text) for text in texts if text)
            self._plain[export.name] = plain >= MOSTLY * sum(bool(text) for text in texts)
        if not self._plain[export.name] or not letters_of(receipt):
            return True
        counts = self._answers.of_value(receipt)
        return self._answers.of_value(letters_of(receipt)) if counts is None else counts

    def _till(self, text: str) -> str:
        """Return a till's name as it was first written."""
        return self._tills.setdefault(same_name(text), text)

    def by_day(self) -> dict[Key, int]:
        """Return the number of receipts by café and day."""
        return {key: len(receipts) for key, receipts in self._seen.items()}

    def by_till(self) -> dict[Key, dict[str, int]]:
        """Return the number of receipts by till, of the days whose tills are named."""
        tills = {key: Counter(till for till, _ in receipts) for key, receipts in self._seen.items()}
        return {key: dict(sorted(counts.items())) for key, counts in tills.items() if set(counts) != {""}}

    def questions(self) -> tuple[Question, ...]:
        """Return the open questions."""
        return tuple(
            Question(code, file, self._asked_columns[code, file, place, value], rows[0], len(rows))
            for (code, file, place, value), rows in self._questions.items()
        )

    def _count(self, export: Export, number: int, cells: tuple[str, ...], *, key: Key, till: str, receipt: str) -> Fate:
        minute = minute_of(export.cell(cells, "time") or export.cell(cells, "day"))
        total = plain_amount(export.cell(cells, "total"))
        line = line_cells(export, cells)
        seen = self._seen.setdefault(key, {})
        before = seen.get((till, receipt))
        if before is None:
            seen[till, receipt] = _First(minute, total, line, frozenset((export.name,)))
            return "counted"
        apart = 0 if minute is None or before.minute is None else abs(minute - before.minute)
        differs = total != before.amount
        if export.name in before.files:
            repeated = minute == before.minute and not differs and (self._follows or minute is not None)
            differs = not repeated and line == before.line and not export.of_zettle
        seen[till, receipt] = replace(before, line=line, files=before.files | {export.name})
        if (apart > MOST_MINUTES_APART or differs) and not till and not self._answers.one_till:
            self._ask("tills", export, number)
            return "open"
        return "same_receipt"

    def _ask(
        self, code: QuestionCode, export: Export, number: int, *, place: int | None = None, value: str = ""
    ) -> None:
        key = (code, export.name, str(place), value.strip().casefold())
        self._questions.setdefault(key, []).append(number)
        self._asked_columns[key] = "" if place is None else export.headings[place]


def letters_of(text: str) -> str:
    """Return the words of a receipt number, without its digits."""
    return " ".join("".join(sign if sign.isalpha() else " " for sign in text).split())
