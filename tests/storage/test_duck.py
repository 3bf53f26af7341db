"""DuckDB as the pilot opens it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pilot.tables import SESSIONS
from storage.duck import in_memory
from storage.errors import LakeUnavailable
from storage.lake import Lake

TOO_MUCH = "select max(word) from (select 'hemligt ord ' || n as word from range(3_000_000) r(n) order by word desc)"


def test_what_does_not_fit_in_memory_fails_and_nothing_is_put_on_a_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with in_memory() as connection:
        connection.execute("SET memory_limit = '60MB'; SET threads = 1")
        with pytest.raises(duckdb.OutOfMemoryException):
            connection.execute(f"create table words as {TOO_MUCH.replace('max(word)', 'word')}")
    assert list(tmp_path.iterdir()) == []


def test_a_query_that_is_too_large_is_told_in_words(tmp_path: Path) -> None:
    with Lake(str(tmp_path / "lake")).snapshot(SESSIONS) as snapshot:
        snapshot._connection.execute("SET memory_limit = '60MB'")
        with pytest.raises(LakeUnavailable, match="sessions needs more memory"):
            snapshot.sql(TOO_MUCH)
