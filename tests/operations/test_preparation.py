"""The preparation of a home before its processes start."""

from __future__ import annotations

import sqlite3

import pytest

from operations import preparation
from operations.preparation import NotPrepared, prepare_dagster
from operations.system import make_system


@pytest.mark.slow
def test_dagsters_databases_are_created_before_several_processes_open_them(home, environment) -> None:
    system = make_system(home, environment=environment)
    prepare_dagster(system)
    for name in ("schedules/schedules.db", "history/runs.db", "history/runs/index.db"):
        with sqlite3.connect(system.dagster_home / name) as database:
            assert database.execute("select count(*) from alembic_version").fetchone() == (1,)


@pytest.mark.slow
def test_a_failure_to_create_the_databases_is_reported(home, environment) -> None:
    system = make_system(home, environment=environment)
    (system.dagster_home / "schedules").write_text("in the way")
    with pytest.raises(NotPrepared, match="Dagster's databases cannot be created"):
        prepare_dagster(system)


def test_a_missed_deadline_is_reported(home, environment, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "STORAGE_DEADLINE_SECONDS", 0.001)
    with pytest.raises(NotPrepared, match="were not created within"):
        prepare_dagster(make_system(home, environment=environment))
