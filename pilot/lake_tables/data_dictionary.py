"""The data dictionary: every table of the lake in Markdown, generated from its declaration."""

from __future__ import annotations

from pilot.lake_tables.columns import Column, Table
from pilot.lake_tables.tables import TABLES

COMMAND = "pilot schema dictionary > docs/data-dictionary.md"

_OPENING = f"""# Data dictionary

Every table of the lake: what one row is, its key within a business day, and each column's type, unit and meaning.
Generated from the declarations in `pilot/` by `{COMMAND}`; do not edit it by hand.

Each table is a Delta table partitioned by `day`, with the asset of the same name in Dagster. A *moment* is in UTC with
microseconds, a *day* is Stockholm's, *json* is text that holds JSON, *texts* is a list of text. **Words** marks
columns that can contain a guest's words: they are never shown in metadata, logs or check results, and erasure removes
them. An empty *filled* means that a value may be missing without a fault.
"""


def data_dictionary() -> str:
    """Return the dictionary, its tables in the order in which they are built."""
    listed = "\n".join(f"- [`{table.name}`](#{table.name}): {table.row}" for table in TABLES.values())
    return "\n".join((_OPENING, listed, "", *(_section(table) for table in TABLES.values())))


def _section(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    lines = [
        f"## {table.name}",
        "",
        table.row,
        "",
        f"Key within a day: {key}.",
        "",
        "| column | type | unit | filled | meaning |",
        "|---|---|---|---|---|",
        *(_line(column) for column in table.columns),
        "",
    ]
    return "\n".join(lines)


def _line(column: Column) -> str:
    words = " **Words.**" if column.free_text else ""
    filled = "always" if column.required else ""
    meaning = column.meaning.replace("|", "\\|")
    return f"| `{column.name}` | {column.kind} | {column.unit} | {filled} | {meaning}{words} |"
