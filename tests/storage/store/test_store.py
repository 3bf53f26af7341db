"""The store on both engines: migrations, transactions and outages."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from storage.errors import StoreAway, StoreUnusable
from storage.store import audit, outbox
from storage.store.cafes import codes, customer_counts
from storage.store.connect import open_store
from storage.store.engine import Store, make_engine, sqlite_url
from storage.store.migrate import HEAD, MIGRATIONS, revision
from storage.store.schemas.core import codes as codes_table
from storage.store.schemas.core import metadata
from tests.postgresql import Cluster

pytestmark = pytest.mark.usefixtures("real_migrations")

MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


# Migrations


def test_the_migrations_create_the_schema(store: Store) -> None:
    with store.begin() as connection:
        assert revision(connection) == HEAD
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_head_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_reopening_a_store_keeps_its_rows(store: Store, store_url: str) -> None:
    code = codes.issue(store, cafe="aurora", label="table", actor="test")
    again = open_store(store_url)
    assert codes.find(again, code.code) == code
    again.close()


def test_a_store_of_a_newer_version_is_refused(store: Store, store_url: str) -> None:
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnusable, match="9999"):
        open_store(store_url)


# Transactions


def test_a_failed_transaction_writes_nothing(store: Store) -> None:
    def fails() -> None:
        with store.begin() as connection:
            audit.record(connection, actor="test", action="x", subject="y")
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fails()
    assert audit.recent(store, 10) == []


def test_many_threads_write_without_losing_anything(store: Store) -> None:
    def report(number: int) -> None:
        for turn in range(5):
            customer_counts.report(
                store,
                cafe="aurora",
                day=MONDAY + timedelta(days=number),
                customers=turn,
                source="till",
                actor="test",
                simulated=False,
            )

    threads = [threading.Thread(target=report, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    position, days = outbox.touched_days(store, after=0)
    assert len(days) == 6
    assert position >= 30
    current = customer_counts.current(store, list(days))
    assert current["customers"].to_list() == [4] * 6


def test_sqlite_is_set_to_survive_a_power_cut(tmp_path: Path) -> None:
    store = open_store(sqlite_url(tmp_path / "å?b#c.sqlite"))
    with store.reading() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    assert (tmp_path / "å?b#c.sqlite").exists()
    store.close()


def test_a_sqlite_reader_sees_the_last_commit_without_waiting(tmp_path: Path) -> None:
    store = open_store(sqlite_url(tmp_path / "store.sqlite"))
    code = codes.issue(store, cafe="aurora", label="table", actor="test")
    with store.begin() as connection:
        connection.execute(codes_table.delete())
        assert codes.find(store, code.code) == code
    assert codes.find(store, code.code) is None
    store.close()


def test_a_locked_sqlite_store_is_away_and_retryable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.store.engine.BUSY_SECONDS", 0)
    first = open_store(sqlite_url(tmp_path / "store.sqlite"))
    second = open_store(sqlite_url(tmp_path / "store.sqlite"))
    with first.begin():
        with pytest.raises(StoreAway, match="SQLITE_BUSY") as caught:
            codes.issue(second, cafe="aurora", label="table", actor="test")
        assert caught.value.retryable
    codes.issue(second, cafe="aurora", label="table", actor="test")


def test_a_damaged_sqlite_file_is_unusable_and_not_retryable(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreUnusable, match="SQLITE_NOTADB") as caught:
        open_store(sqlite_url(path))
    assert not caught.value.retryable


def test_a_defective_query_is_not_reported_as_an_outage(store: Store) -> None:
    with pytest.raises(Exception, match="no_such_table") as caught, store.reading() as connection:
        connection.execute(text("SELECT * FROM no_such_table"))
    assert not isinstance(caught.value, StoreAway)


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(StoreUnusable, match="cannot be a mysql database"):
        make_engine("mysql://root:hush@127.0.0.1/x")
    with pytest.raises(StoreUnusable, match="not an address"):
        make_engine("what is this")


def test_an_error_of_postgresql_hides_the_password() -> None:
    with pytest.raises(StoreAway) as caught:
        open_store("postgresql://pilot:hush@127.0.0.1:9/pilot")
    assert caught.value.retryable
    assert "hush" not in str(caught.value)


@pytest.mark.postgresql
def test_a_store_recovers_after_a_restart_of_postgresql(postgresql_cluster: Cluster) -> None:
    store = open_store(postgresql_cluster.new_database())
    code = codes.issue(store, cafe="aurora", label="table", actor="test")
    postgresql_cluster.stop()
    try:
        with pytest.raises(StoreAway):
            codes.find(store, code.code)
    finally:
        postgresql_cluster.start()
    assert codes.find(store, code.code) == code
    store.close()
