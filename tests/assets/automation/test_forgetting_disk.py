"""A deleted run leaves no byte on the disk."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import select

from assets.automation.forgetting import CHECK_RESULTS, forget, remove_orphaned_checks
from pilot.lake_tables.tables import UPTIME
from tests.assets.dagster_internals import FreshnessState, FreshnessStateChange, report_freshness

DAY = date(2026, 11, 12)
ONE = [UPTIME.name]
IN_THREE_DAYS = timedelta(days=3)


def runs_of_checks(instance: dg.DagsterInstance) -> set[str]:
    log: Any = instance.event_log_storage
    with log.index_connection() as connection:
        return set(connection.execute(select(CHECK_RESULTS.c.run_id)).scalars())


def bytes_of_runs(folder: Path) -> int:
    runs = folder / "history" / "runs"
    return sum(file.stat().st_size for file in runs.iterdir() if not file.name.startswith("index."))


def test_a_deleted_runs_check_results_and_files_are_gone(run: Any, on_disk: dg.DagsterInstance, tmp_path: Path) -> None:
    runs = [run(DAY, within=on_disk, only=ONE).run_id for _ in range(3)]
    assert runs_of_checks(on_disk) == set(runs)
    before = bytes_of_runs(tmp_path)
    assert forget(on_disk, now=datetime.now(UTC) + IN_THREE_DAYS) == 2
    assert runs_of_checks(on_disk) == {runs[-1]}
    assert bytes_of_runs(tmp_path) < before / 2


def test_check_results_of_runs_that_were_deleted_earlier_are_removed(run: Any, on_disk: dg.DagsterInstance) -> None:
    left, known = (run(DAY, within=on_disk, only=ONE).run_id for _ in range(2))
    on_disk.delete_run(left)
    assert runs_of_checks(on_disk) == {left, known}
    assert remove_orphaned_checks(on_disk) > 0
    assert runs_of_checks(on_disk) == {known}
    assert remove_orphaned_checks(on_disk) == 0


def test_runs_older_than_the_newest_page_of_runs_are_reached(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = dg.job(name="alone")(lambda: None)
    runs = [instance.create_run_for_job(job, status=dg.DagsterRunStatus.SUCCESS) for _ in range(3)]
    failed = [instance.create_run_for_job(job, status=dg.DagsterRunStatus.FAILURE) for _ in range(5)]
    monkeypatch.setattr("assets.automation.forgetting.RUNS_AT_ONCE", 2)
    assert forget(instance, now=datetime.now(UTC) + IN_THREE_DAYS) == len(runs)
    assert {record.dagster_run.run_id for record in instance.get_run_records()} == {run.run_id for run in failed}


def test_events_that_belong_to_no_run_are_not_deleted(on_disk: dg.DagsterInstance, tmp_path: Path) -> None:
    """A daemon that has written freshness states once expects their file to exist."""

    def change(before: FreshnessState, after: FreshnessState) -> None:
        report_freshness(
            on_disk,
            FreshnessStateChange(
                key=dg.AssetKey(UPTIME.name), previous_state=before, new_state=after, state_change_timestamp=0.0
            ),
        )

    change(FreshnessState.UNKNOWN, FreshnessState.PASS)
    with dg.DagsterInstance.from_config(str(tmp_path)) as nightly:
        forget(nightly, now=datetime.now(UTC) + IN_THREE_DAYS)
    change(FreshnessState.PASS, FreshnessState.FAIL)
    states = [one.event_log_entry for one in runless_events(on_disk)]
    assert [one.dagster_event.event_specific_data.new_state for one in states] == [
        FreshnessState.FAIL,
        FreshnessState.PASS,
    ]


def runless_events(instance: dg.DagsterInstance) -> Any:
    return instance.event_log_storage.get_records_for_run("", ascending=False).records
