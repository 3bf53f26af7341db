"""What can be wrong with a till's export, by row and column and never by what stands there."""

from __future__ import annotations

from dataclasses import dataclass

from pilot.errors import PilotError


class UnreadableExport(PilotError):
    """A file is no export that is known here."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One cell that cannot be used.

    Attributes:
        file: The file's name.
        row: The row's number in it, the first is 1.
        column: The column's heading.
        found: What kind of value stands there.
        expected: What was expected.
    """

    file: str
    row: int
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f'{self.file}, row {self.row}, column "{self.column}": {self.found}; expected {self.expected}'


class UnusableCell(ValueError):
    """A cell's text is not of the kind that its column holds.

    Attributes:
        found: What kind of value it is.
        expected: What was expected.
    """

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
