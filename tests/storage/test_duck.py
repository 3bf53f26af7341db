"""DuckDB as the pilot opens it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pilot.lake_tables.tables import SESSIONS
from storage import duck
from storage.duck import in_memory, session
from storage.errors import LakeUnavailable
from storage.lake import Lake

TOO_MUCH = "select max(word) from (select 'hemligt ord ' || n as word from range(3_000_000) r(n) order by word desc)"


def test_a_query_beyond_memory_fails_and_writes_nothing_to_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with in_memory() as connection:
        connection.execute("SET memory_limit = '60MB'; SET threads = 1")
        with pytest.raises(duckdb.OutOfMemoryException):
            connection.execute(f"create table words as {TOO_MUCH.replace('max(word)', 'word')}")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def an_engine_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duck, "_shared", None)


@pytest.mark.usefixtures("an_engine_of_its_own")
def test_a_query_beyond_memory_is_refused_with_a_clear_error(tmp_path: Path) -> None:
    with Lake(str(tmp_path / "lake")).snapshot(SESSIONS) as snapshot:
        snapshot._connection.execute("SET memory_limit = '60MB'")
        with pytest.raises(LakeUnavailable, match="sessions needs more memory"):
            snapshot.sql(TOO_MUCH)
        assert snapshot.sql("select 1 as one").item() == 1


def test_sessions_share_an_engine_and_see_nothing_of_each_other() -> None:
    kept_by_name = pl.DataFrame({"three": [3]})
    with session() as one, session() as other:
        one.execute("create temp view kept as select 1 as one").fetchall()
        one.register("given", pl.DataFrame({"two": [2]}).to_arrow())
        for name in ("kept", "given"):
            assert len(one.sql(f"select * from {name}").fetchall()) == 1
            with pytest.raises(duckdb.CatalogException):
                other.sql(f"select * from {name}")
        assert other.sql("select current_setting('timezone')").fetchall() == [("UTC",)]
        assert kept_by_name.height == 1
        with pytest.raises(duckdb.CatalogException):
            other.sql("select * from kept_by_name")


def test_sessions_can_be_opened_in_any_number_of_threads() -> None:
    def count(upto: int) -> int:
        with session() as opened:
            opened.execute(f"create temp view kept as select * from range({upto})").fetchall()
            (number,) = opened.sql("select count(*) from kept").fetchall()[0]
            return int(number)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(count, range(200))) == list(range(200))


@pytest.mark.usefixtures("an_engine_of_its_own")
def test_an_invalidated_engine_is_replaced() -> None:
    with session() as opened:
        opened.sql("select 1").fetchall()
    assert duck._shared is not None
    duck._shared.close()
    with session() as opened:
        assert opened.sql("select 1").fetchall() == [(1,)]
