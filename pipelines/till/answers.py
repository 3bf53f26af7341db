"""The questions that an export leaves open, and a person's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.till.headings import heading_key
from pipelines.till.statuses import plain_status

QuestionCode = Literal[
    "no_amount",
    "status_value",
    "status_column",
    "tills",
    "count_columns",
    "amount_columns",
    "hours",
    "whole",
    "receipt_value",
]


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of the person who imports.

    Attributes:
        count: The heading of the numbers of customers; empty if it is known or absent.
        amount: The heading of the amounts; empty if it is known or absent.
        no_amount: Whether every receipt counts although no amount is given.
        till: The heading of the till; empty if it is known or absent.
        one_till: Whether the files are of one till although none is named.
        status: Further headings whose values say whether a row is a sale.
        no_status: Headings whose values do not, although some seem to.
        each_hour: Whether the numbers of a day are of its hours although they never fall.
        running_total: Whether each number of a day includes the earlier ones.
        sales: Values of a status, type or café that count.
        others: Values of a status, type or café that do not.
    """

    count: str = ""
    amount: str = ""
    no_amount: bool = False
    till: str = ""
    one_till: bool = False
    status: tuple[str, ...] = ()
    no_status: tuple[str, ...] = ()
    each_hour: bool = False
    running_total: bool = False
    sales: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def of_value(self, text: str) -> bool | None:
        """Return whether a value counts; None if it has no answer."""
        plain = plain_status(text)
        if any(plain == plain_status(each) for each in self.sales):
            return True
        return False if any(plain == plain_status(each) for each in self.others) else None

    def is_status(self, heading: str) -> bool | None:
        """Return whether a heading was said to be one of statuses; None if it has no answer."""
        if any(heading_key(each) == heading_key(heading) for each in self.status):
            return True
        return False if any(heading_key(each) == heading_key(heading) for each in self.no_status) else None


NO_ANSWERS = Answers()


@dataclass(frozen=True, slots=True)
class Question:
    """A question that must be answered before an import, by column and row, never with the cell's content.

    Attributes:
        code: What is not known.
        file: The file's name.
        column: The column's heading; empty for the whole file.
        row: The first row that it is about.
        rows: The number of such rows.
    """

    code: QuestionCode
    file: str
    column: str
    row: int
    rows: int

    def __str__(self) -> str:
        where = f'{self.file}, column "{self.column}"' if self.column else self.file
        return f"{where}: {_QUESTIONS[self.code].format(row=self.row, rows=self.rows)}"


_QUESTIONS = {
    "no_amount": (
        "no column of amounts is known, so refunds and receipts of zero would count. Which column has the amount? "
        "Name it with --amount HEADING; or, if every receipt is a sale, add --no-amount."
    ),
    "status_value": (
        "the value in row {row} ({rows} rows) is not known. Is it a paid sale? "
        "Answer --counts VALUE if it is, or --ignores VALUE if it is not."
    ),
    "status_column": (
        "row {row} may be a receipt that is no sale, but the heading does not say so surely. Does the column say so? "
        "Answer --status HEADING, or --no-status HEADING if it does not."
    ),
    "tills": (
        "receipt numbers recur at another time, amount or place (row {row}; {rows} rows). Are there several tills? "
        "Name the till's column with --till HEADING; or, if each number is one receipt, add --one-till."
    ),
    "count_columns": (
        "two columns have this name but other numbers (row {row}; {rows} rows). Which one has the customers? "
        "Name it as written with --customers HEADING; rename one if both are written alike."
    ),
    "amount_columns": (
        "two columns have this name, and in only one is the amount above 0 (row {row}; {rows} rows). Which one counts? "
        "Name it as written with --amount HEADING; rename one if both are written alike."
    ),
    "whole": (
        "the number in row {row} is the sum of all others of its day ({rows} rows). Is it their total? "
        "Answer --ignores NAME, as the row calls it, if it is, or --counts NAME if it is a part like the others."
    ),
    "receipt_value": (
        "row {row} ({rows} rows) has letters where the others have a receipt number. Is it a paid sale? Answer "
        "--counts VALUE if it is, or --ignores VALUE if it is not; the letters alone are enough."
    ),
    "hours": (
        "the numbers of the day of row {row} never fall ({rows} rows). Does each include the earlier ones? "
        "Add --running-total if it does, or --each-hour if each is of its hour alone."
    ),
}
