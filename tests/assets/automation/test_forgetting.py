"""Old runs are deleted, and Dagster still knows the built days."""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from assets.automation.forgetting import forget, remove_orphaned_files
from assets.definitions import build_defs
from pilot.lake_tables.tables import SESSIONS
from tests.assets.dagster_internals import (
    InstigatorTick,
    InstigatorType,
    ScheduleLaunchContext,
    SensorLaunchContext,
    SerializableErrorInfo,
    TickData,
    TickStatus,
)

DAY, LATER = date(2026, 11, 12), date(2026, 11, 13)
SOME = ("raw_events", SESSIONS.name)


def stored_runs(instance: dg.DagsterInstance) -> set[str]:
    return {record.dagster_run.run_id for record in instance.get_run_records()}


def test_the_newest_success_of_every_day_stays(run: Any, instance: dg.DagsterInstance) -> None:
    run(DAY, only=SOME)
    both = run(DAY, LATER, only=SOME).run_id
    newest = run(DAY, only=SOME).run_id
    now = datetime.now(UTC)
    assert forget(instance, now=now + timedelta(days=1)) == 0
    assert forget(instance, now=now + timedelta(days=3)) == 1
    assert stored_runs(instance) == {both, newest}
    assert forget(instance, now=now + timedelta(days=300)) == 0
    built = instance.get_materialized_partitions(dg.AssetKey(SESSIONS.name))
    assert built == {DAY.isoformat(), LATER.isoformat()}


def test_failures_stay_for_a_month(run: Any, instance: dg.DagsterInstance) -> None:
    failed = run(DAY, tags={"pilot/as_of": "noon"}, raise_on_error=False)
    assert not failed.success
    now = datetime.now(UTC)
    assert forget(instance, now=now + timedelta(days=29)) == 0
    assert forget(instance, now=now + timedelta(days=31)) == 1
    assert stored_runs(instance) == set()


def test_the_nightly_job_never_deletes_its_own_run(instance: dg.DagsterInstance) -> None:
    result = build_defs().resolve_job_def("forgetting").execute_in_process(instance=instance)
    assert result.success
    assert stored_runs(instance) == {result.run_id}


def test_a_newer_run_of_one_asset_does_not_replace_a_run_of_all(run: Any, instance: dg.DagsterInstance) -> None:
    whole = run(DAY).run_id
    some = [run(DAY, only=["uptime"]).run_id for _ in range(2)]
    assert forget(instance, now=datetime.now(UTC) + timedelta(days=3)) == 1
    assert stored_runs(instance) == {whole, some[1]}


def files_of_runs(folder: Path) -> set[str]:
    return {file.name.split(".")[0] for file in (folder / "history" / "runs").iterdir()} - {"index"}


def test_on_disk_an_old_runs_record_events_and_file_are_deleted(
    run: Any, on_disk: dg.DagsterInstance, tmp_path: Path
) -> None:
    old, newer = (run(DAY, only=SOME, within=on_disk).run_id for _ in range(2))
    assert files_of_runs(tmp_path) == {old, newer}
    assert on_disk.all_logs(old)
    assert on_disk.all_logs(newer)
    assert forget(on_disk, now=datetime.now(UTC) + timedelta(days=3)) == 1
    assert stored_runs(on_disk) == {newer}
    assert files_of_runs(tmp_path) == {newer}
    assert on_disk.all_logs(newer)
    materialized = on_disk.fetch_materializations(dg.AssetKey(SESSIONS.name), limit=10).records
    assert {record.event_log_entry.run_id for record in materialized} == {newer}
    built = on_disk.get_materialized_partitions(dg.AssetKey(SESSIONS.name))
    assert built == {DAY.isoformat()}


def test_files_of_runs_that_were_deleted_earlier_are_removed(
    run: Any, on_disk: dg.DagsterInstance, tmp_path: Path
) -> None:
    left, known = (run(DAY, only=SOME, within=on_disk).run_id for _ in range(2))
    on_disk.delete_run(left)
    assert left in files_of_runs(tmp_path)
    assert remove_orphaned_files(on_disk) == 1
    assert files_of_runs(tmp_path) == {known}
    assert on_disk.all_logs(known)


def evaluate_sensor(instance: dg.DagsterInstance, ticking: Any, tick: InstigatorTick) -> None:
    settings = instance.get_tick_retention_settings(InstigatorType.SENSOR)
    with SensorLaunchContext(ticking, tick, instance, logging.getLogger("test"), settings):
        pass


def evaluate_schedule(instance: dg.DagsterInstance, ticking: Any, tick: InstigatorTick) -> None:
    settings = instance.get_tick_retention_settings(InstigatorType.SCHEDULE)
    with ScheduleLaunchContext(ticking, tick, instance, logging.getLogger("test"), settings):
        pass


@pytest.mark.parametrize(
    ("kind", "evaluate", "days"),
    [
        (
            InstigatorType.SENSOR,
            evaluate_sensor,
            {TickStatus.SKIPPED: 1, TickStatus.SUCCESS: 7, TickStatus.FAILURE: 30},
        ),
        (
            InstigatorType.SCHEDULE,
            evaluate_schedule,
            {TickStatus.SKIPPED: 7, TickStatus.SUCCESS: 30, TickStatus.FAILURE: 30},
        ),
    ],
)
def test_each_evaluation_purges_ticks_older_than_the_settings(
    on_disk: dg.DagsterInstance,
    kind: InstigatorType,
    evaluate: Callable[[dg.DagsterInstance, Any, InstigatorTick], None],
    days: dict[TickStatus, int],
) -> None:
    now = datetime.now(UTC)

    def tick(status: TickStatus, *, age: timedelta) -> InstigatorTick:
        return on_disk.create_tick(
            TickData(
                instigator_origin_id="origin",
                instigator_name="new_facts",
                instigator_type=kind,
                status=status,
                timestamp=(now - age).timestamp(),
                selector_id="selector",
                run_ids=["run"],
                error=SerializableErrorInfo("failed", [], None) if status == TickStatus.FAILURE else None,
            )
        )

    hour = timedelta(hours=1)
    old = [tick(status, age=timedelta(days=most) + hour) for status, most in days.items()]
    young = [tick(status, age=timedelta(days=most) - hour) for status, most in days.items()]
    ticking = SimpleNamespace(
        get_remote_origin_id=lambda: "origin",
        selector_id="selector",
        name="new_facts",
        sensor_type=None,
    )
    latest = tick(TickStatus.STARTED, age=timedelta(0))
    evaluate(on_disk, ticking, latest)
    left = {each.tick_id for each in on_disk.get_ticks("origin", "selector")}
    assert left == {each.tick_id for each in [*young, latest]}
    assert left.isdisjoint(each.tick_id for each in old)
