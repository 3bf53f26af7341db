"""Tables and columns of the lake: types, units and meanings, and the columns that many tables share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "float", "boolean", "moment", "day", "json", "texts"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: Its name.
        kind: text, integer (64 bit), float (64 bit), boolean, moment (UTC, microseconds), day (calendar date),
            json (text that holds a JSON value) or texts (a list of text).
        meaning: One sentence.
        unit: The unit of a number; empty if it has none.
        required: Whether every row has a value.
        free_text: Whether it can contain a customer's words: never shown in metadata, logs or check results.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = True
    free_text: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table, partitioned by business day.

    Attributes:
        name: The table's and the asset's name.
        row: What one row is.
        key: The columns that identify a row within its day.
        columns: All columns, `day` first.
    """

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns' names in order."""
        return tuple(column.name for column in self.columns)


DAY = Column("day", "day", "Business day (Stockholm) on which the session's page was opened.")
SESSION = Column("session_id", "text", "The session, a UUIDv7.")
CAFE = Column("cafe", "text", "The café's id.")
SIMULATED = Column("simulated", "boolean", "Whether a simulator or a test client made it; never mixed with real rows.")
