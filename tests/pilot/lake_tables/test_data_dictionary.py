"""The dictionary in docs/ is the tables' own."""

from __future__ import annotations

from pathlib import Path

from pilot.lake_tables.data_dictionary import COMMAND, data_dictionary
from pilot.lake_tables.tables import TABLES

WRITTEN = Path(__file__).parents[3] / "docs" / "data-dictionary.md"


def test_the_dictionary_in_docs_is_current() -> None:
    assert WRITTEN.read_text(encoding="utf-8") == data_dictionary(), f"run: {COMMAND}"


def test_every_column_has_a_line_with_its_unit_and_a_mark_for_words() -> None:
    written = data_dictionary()
    for table in TABLES.values():
        section = written.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
        for column in table.columns:
            (line,) = (each for each in section.splitlines() if each.startswith(f"| `{column.name}` |"))
            assert column.meaning in line
            assert f"| {column.kind} | {column.unit} |" in line
            assert line.endswith("**Words.** |") == column.free_text
