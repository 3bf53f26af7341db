"""Assets built from the verdicts wait for the gate, partition by partition."""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.definitions import build_defs
from assets.framework.partitions import daily, range_tags
from assets.framework.resources import HomeResource
from pilot.lake_tables.insight_tables import QUARANTINE
from pilot.lake_tables.tables import SCORED_FEEDBACK
from storage.home import Home
from tests.events import MORNING, whole_visit

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 23)


with warnings.catch_warnings():
    warnings.simplefilter("ignore", category=dg.BetaWarning)

    @dg.asset(deps=["quality_verdicts"], partitions_def=daily, backfill_policy=dg.BackfillPolicy.single_run())
    def batch() -> None:
        """Stand for a payout batch."""


def pay(home_resource: HomeResource, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = dg.define_asset_job("pay", dg.AssetSelection.assets("quality_verdicts", "quarantine", batch))
    ours = build_defs(resource_overrides={"home": home_resource})
    job_def = dg.Definitions.merge(ours, dg.Definitions(assets=[batch], jobs=[job])).resolve_job_def("pay")
    return job_def.execute_in_process(instance=instance, tags=range_tags(DAY, DAY), raise_on_error=False)


def spoil(home: Home) -> None:
    """Break every session of the day: a fault of the table, not of a few sessions that could be set apart."""
    rows = home.lake().read(SCORED_FEEDBACK, days=[DAY])
    assert rows.height > 1
    home.lake().replace_partition(SCORED_FEEDBACK, DAY, rows.with_columns(score=pl.lit(140)), commit={})


def built(result: dg.ExecuteInProcessResult) -> bool:
    return "batch" in {event.asset_key.path[0] for event in result.get_asset_materialization_events()}  # type: ignore[union-attr]


def test_a_batch_is_built_on_a_good_day_and_not_on_a_stopped_one(
    home: Home, home_resource: HomeResource, instance: dg.DagsterInstance, land: Any, run: Any
) -> None:
    land(whole_visit(at=MORNING), whole_visit(at=MORNING + timedelta(hours=1)))
    run(DAY)
    good = pay(home_resource, instance)
    assert good.success
    assert built(good)

    spoil(home)
    stopped = pay(home_resource, instance)
    assert not stopped.success
    assert not built(stopped)
    (gate,) = (each for each in stopped.get_asset_check_evaluations() if each.check_name == "nothing_stops")
    assert not gate.passed
    assert gate.metadata["stops"].value == ["2026-11-23 scored_feedback: score is between 0 and 100"]
    sessions = set(home.lake().read(SCORED_FEEDBACK, days=[DAY])["session_id"])
    assert set(home.lake().read(QUARANTINE, days=[DAY])["row_key"]) == sessions

    run(DAY, only=["scored_feedback"])
    assert built(pay(home_resource, instance))


def test_on_a_stopped_day_the_tables_own_checks_are_still_recorded(home: Home, land: Any, run: Any) -> None:
    land(whole_visit(at=MORNING), whole_visit(at=MORNING + timedelta(hours=1)))
    run(DAY)
    spoil(home)
    recorded = {
        (each.asset_key.path[0], each.check_name): each.passed
        for each in run(DAY, job="quality", raise_on_error=False).get_asset_check_evaluations()
    }
    assert recorded["scored_feedback", "suite"] is False
    assert recorded["turns", "suite"] is True  # one guest is too few for `sessions` once the day is over
    assert recorded["quality_verdicts", "nothing_stops"] is False
