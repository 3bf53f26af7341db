"""`pilot db` and `pilot verify-data`, as typed, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from storage.inspection.queries import without_values
from tests.cli.conftest import Pilot
from tests.payouts.world import CHECKOUT
from tests.postgresql import Cluster, running_cluster

CAFES = {"PILOT_CAFES_FILE": str(CHECKOUT / "cafes.toml")}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


def test_the_state_of_a_sqlite_store_is_shown(pilot: Pilot) -> None:
    shown = pilot("db", "status")
    assert shown.exit_code == 0, shown.output
    for part in ("SQLite", "migration", "write-ahead log", "1 processes", "0 wait", "The store is well."):
        assert part in shown.stdout
    found = json.loads(pilot("db", "status", "--json").stdout)
    assert (found["well"], found["revision"], found["waiting"]) == (True, found["head"], 0)
    assert found["rows"]["ledger"] == 0


def test_the_slowest_queries_are_listed_and_an_optimization_shows_its_numbers(pilot: Pilot) -> None:
    slow = json.loads(pilot("db", "slow", "--json").stdout)
    times = [each["milliseconds"] for each in slow]
    assert times == sorted(times, reverse=True)
    assert {each["source"] for each in slow} == {"timed"}
    assert "Nothing was changed" in pilot("db", "optimize", "--dry-run").stdout
    done = json.loads(pilot("db", "optimize", "--vacuum", "--reason", "test", "--json").stdout)
    assert done["after"]["wal_bytes"] <= done["before"]["wal_bytes"]
    assert "after" in pilot("db", "optimize").stdout


@pytest.mark.postgresql
def test_the_state_and_the_queries_of_a_postgresql_store_are_shown(pilot: Pilot, cluster: Cluster) -> None:
    url = cluster.new_store()
    pilot("db", "status", PILOT_STORE_URL=url)
    found = json.loads(pilot("db", "status", "--json").stdout)
    assert found["engine"].startswith("PostgreSQL")
    assert (found["well"], found["most_connections"]) == (True, 100)
    with psycopg2.connect(url) as blocking, blocking.cursor() as cursor:
        cursor.execute("SELECT 'a guest said this', 42")
        shown = pilot("db", "slow", "--limit", "100")
        assert "running" in shown.stdout
        assert "SELECT ?, ?" in shown.stdout
        assert "a guest" not in shown.stdout
        cursor.execute("LOCK TABLE ledger")
        locked_status = pilot("db", "status", "--json")
        assert locked_status.exit_code == 0, locked_status.output
        locked = json.loads(locked_status.stdout)
        assert locked["connections"] >= 2  # the command's, and the one that waits here
        assert locked["longest_seconds"] > 0
    blocking.close()
    done = json.loads(pilot("db", "optimize", "--json").stdout)
    assert set(done) == {"before", "after"}


def test_a_running_statement_is_shown_without_its_values() -> None:
    statement = "UPDATE t SET said = 'It''s too\nsweet', n = 42.5 WHERE id = 'x1'"
    assert without_values(statement) == "UPDATE t SET said = ?, n = ? WHERE id = ?"


def test_right_data_passes_and_a_damaged_store_fails(pilot: Pilot, tmp_path: Path) -> None:
    passed = pilot("verify-data", **CAFES)
    assert passed.exit_code == 0, passed.output
    assert "passed: the data agrees." in passed.stdout
    assert [each["ok"] for each in json.loads(pilot("verify-data", "--json").stdout)["checks"]] == [True] * 4
    with closing(sqlite3.connect(tmp_path / "home" / "store.sqlite")) as connection, connection:
        connection.execute("DROP TABLE vouchers")
    failed = pilot("verify-data")
    assert failed.exit_code == 1
    assert "WRONG  store" in failed.stdout and "table vouchers is missing" in failed.stdout
    assert "Next: pilot backup list, then pilot backup restore NAME" in failed.stdout
