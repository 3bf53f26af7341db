"""Faults of a till's export, by row and column, never with the cell's content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pilot.errors import PilotError

UnreadableCode = Literal["workbook", "no_text", "no_headings", "unclosed", "no_cafe", "other_cafe", "no_column"]


class UnreadableExport(PilotError):
    """A file is not a known export.

    Attributes:
        code: Why it cannot be read.
        file: Its name; empty if it is no single one.
        row: The row at fault; 0 if it is the whole file.
    """

    def __init__(self, what: str, *, remedy: str, code: UnreadableCode, file: str = "", row: int = 0) -> None:
        super().__init__(what, remedy=remedy)
        self.code, self.file, self.row = code, file, row


@dataclass(frozen=True, slots=True)
class Fault:
    """One unusable cell.

    Attributes:
        file: The file's name.
        row: The row's number in it, the first is 1.
        column: The column's heading.
        found: The kind of the value found.
        expected: The expected value.
    """

    file: str
    row: int
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f'{self.file}, row {self.row}, column "{self.column}": {self.found}; expected {self.expected}'


class UnusableCell(ValueError):
    """A cell's text is of another kind than its column.

    Attributes:
        found: The kind of the value found.
        expected: The expected value.
    """

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
