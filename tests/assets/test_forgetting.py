"""Old runs are forgotten, and what Dagster must know of the built days is not."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from assets.definitions import build_defs
from assets.forgetting import forget
from pilot.tables import SESSIONS

DAY, LATER = date(2026, 11, 12), date(2026, 11, 13)


def kept(instance: dg.DagsterInstance) -> set[str]:
    return {record.dagster_run.run_id for record in instance.get_run_records()}


def test_of_old_runs_the_newest_success_of_every_day_stays(run: Any, instance: dg.DagsterInstance) -> None:
    run(DAY)
    both = run(DAY, LATER).run_id
    newest = run(DAY).run_id
    now = datetime.now(UTC)
    assert forget(instance, now=now + timedelta(days=1)) == 0
    assert forget(instance, now=now + timedelta(days=3)) == 1
    assert kept(instance) == {both, newest}
    assert forget(instance, now=now + timedelta(days=300)) == 0
    built = instance.get_materialized_partitions(dg.AssetKey(SESSIONS.name))
    assert built == {DAY.isoformat(), LATER.isoformat()}


def test_failures_stay_for_a_month(run: Any, instance: dg.DagsterInstance) -> None:
    failed = run(DAY, tags={"pilot/as_of": "noon"}, raise_on_error=False)
    assert not failed.success
    now = datetime.now(UTC)
    assert forget(instance, now=now + timedelta(days=29)) == 0
    assert forget(instance, now=now + timedelta(days=31)) == 1
    assert kept(instance) == set()


def test_the_nightly_job_runs_and_never_forgets_itself(instance: dg.DagsterInstance) -> None:
    result = build_defs().resolve_job_def("forgetting").execute_in_process(instance=instance)
    assert result.success
    assert kept(instance) == {result.run_id}


def test_a_newer_run_of_one_asset_does_not_stand_for_the_whole_day(run: Any, instance: dg.DagsterInstance) -> None:
    whole = run(DAY).run_id
    some = [run(DAY, asset_selection=[dg.AssetKey("uptime")]).run_id for _ in range(2)]
    assert forget(instance, now=datetime.now(UTC) + timedelta(days=3)) == 1
    assert kept(instance) == {whole, some[1]}
