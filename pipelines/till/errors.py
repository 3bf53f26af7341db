"""Faults of a till's export, by row and column, never with the cell's content."""

from __future__ import annotations

from dataclasses import dataclass

from pilot.errors import PilotError


class UnreadableExport(PilotError):
    """A file is not a known export."""


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
