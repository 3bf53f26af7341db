"""The reports: built behind the gate, over the days that may be reported, on a closed day too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.automation.schedules import report_yesterday
from assets.framework.resources import HomeResource
from operations.load_records import record_load_test
from operations.quality_days import judge_days
from pilot.lake_tables.tables import BUSINESS_IMPACT, CAPACITY_PLAN, PILOT_KPIS, PILOT_REPORT, SCORED_FEEDBACK
from storage.home import Home
from storage.store.cafes import cafe_states
from storage.store.privacy import day_states
from tests.assets.conftest import copy_home, land_stories, run_days
from tests.events import MORNING, probes, whole_visit

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("two computed days")]

DAY = date(2026, 11, 23)
NEXT = DAY + timedelta(days=1)
JUDGED_AT = datetime(2026, 12, 20, 12, tzinfo=UTC)
LATER = {"pilot/as_of": "2026-12-20T12:00:00Z"}
REPORTS = (PILOT_REPORT, BUSINESS_IMPACT, CAPACITY_PLAN)


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Compute the tables of two days; nothing is judged."""
    resource = HomeResource(home=str(tmp_path_factory.mktemp("computed") / "home"))
    home = resource.open()
    land_stories(home, whole_visit(), probes(start=MORNING, outcomes=[True] * 10))
    tomorrow = MORNING + timedelta(days=1)
    land_stories(home, whole_visit(at=tomorrow), whole_visit(at=tomorrow + timedelta(seconds=10)))
    with dg.DagsterInstance.ephemeral() as instance:
        assert run_days(resource, instance, DAY, NEXT, tags=LATER).success
    return home


@pytest.fixture(scope="module")
def first_day_judged(computed: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = copy_home(computed, HomeResource(home=str(tmp_path_factory.mktemp("judged") / "home")))
    judge_days(home, [DAY], now=JUDGED_AT)
    return home


@pytest.fixture
def home(first_day_judged: Home, home_resource: HomeResource) -> Home:
    return copy_home(first_day_judged, home_resource)


def completion(home: Home, day: date = NEXT) -> dict[str, Any]:
    rows = home.lake().read(PILOT_REPORT, days=[day])
    return rows.filter(cafe="aurora", kpi="completion", simulated=False).row(0, named=True)


def built(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.path[0] for event in result.get_asset_materialization_events()}  # type: ignore[union-attr]


def test_the_reports_of_a_good_day_add_up_the_pilots_days_and_a_rerun_gives_the_same(home: Home, run: Any) -> None:
    result = run(NEXT, job="reports", tags=LATER)
    assert result.success
    assert built(result) == {"quality_verdicts", "quarantine", "pilot_report", "business_impact", "capacity_plan"}
    row = completion(home)
    assert (row["first_day"], row["days"], row["days_left_out"]) == (DAY, 2, 0)
    assert (row["numerator"], row["denominator"], row["cafe_days"]) == (3.0, 3.0, 2)
    assert (row["verdict"], row["value"]) == ("cannot_tell", 1.0)
    first = {table.name: home.lake().read(table, days=[NEXT]) for table in REPORTS}
    assert all(frame.height for frame in first.values())
    run(NEXT, job="reports", tags=LATER)
    for table in REPORTS:
        assert_frame_equal(home.lake().read(table, days=[NEXT]), first[table.name])


def test_on_a_stopped_day_no_report_is_built(home: Home, run: Any) -> None:
    spoilt = home.lake().read(SCORED_FEEDBACK, days=[NEXT]).with_columns(score=pl.lit(140))
    home.lake().replace_partition(SCORED_FEEDBACK, NEXT, spoilt, commit={})
    result = run(NEXT, job="reports", tags=LATER, raise_on_error=False)
    assert not result.success
    assert built(result) == {"quality_verdicts", "quarantine"}
    assert home.lake().version(PILOT_REPORT) is None


def test_a_stopped_earlier_day_is_left_out_of_the_report_and_counted(home: Home, run: Any) -> None:
    spoilt = home.lake().read(SCORED_FEEDBACK, days=[DAY]).with_columns(cafe=pl.lit("nowhere"))
    home.lake().replace_partition(SCORED_FEEDBACK, DAY, spoilt, commit={})
    judge_days(home, [DAY], now=JUDGED_AT)
    assert run(NEXT, job="reports", tags=LATER).success
    row = completion(home)
    assert (row["numerator"], row["days"], row["days_left_out"]) == (2.0, 2, 1)


def test_a_day_that_was_never_judged_is_not_reported_from(
    computed: Home, home_resource: HomeResource, run: Any
) -> None:
    home = copy_home(computed, home_resource)
    assert run(NEXT, job="reports", tags=LATER).success
    assert (completion(home)["numerator"], completion(home)["days_left_out"]) == (2.0, 1)


def test_a_closed_day_is_reported_from_its_frozen_figures(home: Home, run: Any) -> None:
    day_states.put(home.store(), NEXT, "closed", actor="test", reason="the pilot is over")
    before = home.lake().read(PILOT_KPIS, days=[NEXT])
    assert run(NEXT, job="reports", tags=LATER).success
    assert completion(home)["numerator"] == 3.0
    assert home.lake().read(PILOT_KPIS, days=[NEXT]).equals(before)


def test_the_plan_uses_recorded_load_tests_and_raised_limits(home: Home, run: Any) -> None:
    cafe_states.set_trial_limit(home.store(), "aurora", limit=250, actor="test", reason="well visited")
    test = {"began_at": "2026-11-23T09:00:00+00:00", "plan": {"guests": 6}, "failures": {}, "goal_met": True}
    record_load_test(home.root / ".run", {**test, "seconds": 300.0, "response_ms": {"p95": 1200.0}})
    assert not record_load_test(
        home.root / ".run", {**test, "plan": {"guests": 60}, "seconds": 5.0, "response_ms": {"p95": 9.0}}
    )
    run(NEXT, job="reports", tags=LATER)
    rows = {row["cafe"]: row for row in home.lake().read(CAPACITY_PLAN, days=[NEXT]).iter_rows(named=True)}
    assert (rows["aurora"]["trial_limit"], rows["aurora"]["trial_used"]) == (250, 3)
    assert (rows["all"]["measured_at_once"], rows["all"]["most_at_once"]) == (6, 2)
    landed = sum(home.segments().bytes_of(day) for day in (DAY, NEXT))
    assert landed > 1000
    assert rows["all"]["bytes_a_day"] > landed / 2


def test_the_reports_are_requested_once_yesterday_is_settled(instance: dg.DagsterInstance) -> None:
    at = datetime(2026, 11, 24, 11, 40, tzinfo=UTC)
    request = report_yesterday(dg.build_schedule_context(instance=instance, scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert request.tags["dagster/asset_partition_range_start"] == "2026-11-23"
