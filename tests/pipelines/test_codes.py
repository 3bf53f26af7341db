"""Data is data: no table of the lake has a sentence from the code, only codes, names and numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pilot.expectation_words import SECTION, expectation_sentence
from pilot.lake_tables.columns import Table
from pilot.lake_tables.tables import SESSION_SIGNALS, TABLES
from pilot.words import section
from quality.day_verdicts import judge_day
from quality.suites import rules
from storage.lake import Lake
from tests.quality import whole_day

CODE = re.compile(r"[\w.:,+/=-]*")
# A guest's words, by their columns' declaration, and keys whose parts are joined by a space.
ALLOWED = {(table.name, column.name) for table in TABLES.values() for column in table.columns if column.free_text}
ALLOWED |= {("quarantine", "row_key")}
EXPECTATION = re.compile(r"[a-z][a-z0-9_]*(:[a-z0-9_.,-]+)*")


def texts(value: Any) -> Iterator[str]:
    """Yield every text within a value: of lists, and of JSON's keys and values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def sentences(table: Table, frame: pl.DataFrame) -> list[str]:
    """Return the columns of a table's frame that hold anything but codes, with the text."""
    found = []
    for column in table.columns:
        if column.kind not in ("text", "texts", "json") or (table.name, column.name) in ALLOWED:
            continue
        for value in frame[column.name].drop_nulls().to_list():
            parsed = json.loads(value) if column.kind == "json" else value
            found += [f"{table.name}.{column.name}: {text}" for text in texts(parsed) if not CODE.fullmatch(text)]
    return found


@pytest.mark.slow
def test_no_table_of_a_simulated_day_holds_a_sentence(tmp_path: Path) -> None:
    frames, lake = whole_day.polars_day(), Lake(str(tmp_path))
    frames["sessions"] = frames["sessions"].with_columns(epochs=pl.lit(0))
    for name, frame in frames.items():
        lake.replace_partition(TABLES[name], whole_day.DAY, frame, commit={})
    judged = judge_day(lake, whole_day.DAY, cafes=whole_day.CAFES, now=datetime(2026, 11, 24, 3, tzinfo=UTC))
    frames |= {"quality_verdicts": judged.verdicts, "quarantine": judged.quarantine}
    assert judged.quarantine.height > 0
    assert [each for name, frame in frames.items() for each in sentences(TABLES[name], frame)] == []


def test_a_sentence_in_a_column_is_found() -> None:
    signal = {"signal": "held for a person", "counts": '{"most words": 3}', "related": ["a b"]}
    frame = pl.DataFrame([dict.fromkeys(SESSION_SIGNALS.names) | signal])
    assert [each.split(":")[0] for each in sentences(SESSION_SIGNALS, frame)] == [
        "session_signals.signal",
        "session_signals.related",
        "session_signals.counts",
    ]


@pytest.mark.parametrize("name", TABLES)
def test_every_expectation_is_a_code_and_has_a_sentence(name: str) -> None:
    words = section(SECTION, "en")
    for rule in rules(name, cafes=whole_day.CAFES):
        assert EXPECTATION.fullmatch(rule.code), rule.code
        assert rule.code.split(":")[0] in words
        assert expectation_sentence(rule.code) != rule.code


def test_every_sentence_of_an_expectation_is_used() -> None:
    used = {rule.code.split(":")[0] for name in TABLES for rule in rules(name, cafes=whole_day.CAFES)}
    assert set(section(SECTION, "en")) == used


def test_an_earlier_verdict_keeps_its_sentence() -> None:
    assert expectation_sentence("score is between 0 and 100") == "score is between 0 and 100"
    assert expectation_sentence("between:score:0:100") == "score is between 0 and 100"
    assert expectation_sentence("unique_together:cafe,kpi") == "cafe, kpi are unique together"
