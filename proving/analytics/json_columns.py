"""JSON columns of plain SQL: SQLite gives their text, PostgreSQL their value."""

from __future__ import annotations

import json
from typing import Any


def value_of(column: Any) -> Any:
    """Return the value of a JSON column."""
    return json.loads(column) if isinstance(column, str) else column
