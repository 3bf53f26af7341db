"""The sensor on a home of its own, evaluated in Dagster's own context."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from assets.automation.sensor import RUN_KEY_TAG, new_facts, tick
from assets.automation.sensor_cursor import Cursor
from assets.definitions import build_defs
from assets.framework.resources import HomeResource
from pilot.business_days import business_day
from pilot.identifiers import new_identifier
from storage.home import Home
from storage.landing.segments import publish
from storage.store.cafes import customer_counts
from storage.store.privacy import tombstones
from tests.assets.dagster_internals import record_process
from tests.events import MORNING, probes, whole_visit

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = business_day(MORNING)
EARLIER = DAY - timedelta(days=11)
NOBODY = 2**22 + 1  # beyond the highest number that a process can have


def ticked(
    instance: dg.DagsterInstance, home: Home, cursor: Cursor | None = None, *, later: float = 0
) -> tuple[list[str], Cursor]:
    """Return the requested days, and the cursor after the tick."""
    text = cursor.model_dump_json() if cursor else None
    result = tick(instance, home=home, text=text, now=NOW + timedelta(seconds=later))
    days = [request.tags["dagster/asset_partition_range_start"] for request in result.run_requests or []]
    return days, Cursor.parse(result.cursor)


def built(home: Home, instance: dg.DagsterInstance) -> Cursor:
    """Return a cursor for which all landed days are built."""
    _, cursor = ticked(instance, home)
    if cursor.asked is None:
        return cursor
    return Cursor(built={**cursor.built, **cursor.asked.landing}, outbox=cursor.asked.outbox)


def test_a_new_segment_requests_only_its_day(home: Home, land: Any, instance: dg.DagsterInstance) -> None:
    land(whole_visit(at=MORNING - timedelta(days=11)))
    cursor = built(home, instance)
    land(whole_visit())
    assert ticked(instance, home, cursor)[0] == ["2026-11-23"]


def test_a_late_event_requests_the_day_of_its_session(home: Home, land: Any, instance: dg.DagsterInstance) -> None:
    late = whole_visit(at=MORNING - timedelta(days=11))
    land(late.events[:4], whole_visit())
    cursor = built(home, instance)
    land(late.events[4:], replica="edge2")
    assert ticked(instance, home, cursor)[0] == ["2026-11-12"]


def test_a_customer_count_and_an_erasure_request_their_days(
    home: Home, land: Any, instance: dg.DagsterInstance
) -> None:
    story = whole_visit()
    land(story)
    cursor = built(home, instance)
    store = home.store()
    customer_counts.report(
        store, cafe="aurora", day=EARLIER, customers=210, source="till", actor="test", simulated=False
    )
    tombstones.add(store, session_id=story.session_id, actor="test", reason="asked for")
    assert ticked(instance, home, cursor)[0] == ["2026-11-23", "2026-11-12"]


def test_probes_alone_wait_and_a_guest_does_not(home: Home, land: Any, instance: dg.DagsterInstance) -> None:
    land(whole_visit())
    cursor = built(home, instance).model_copy(update={"served": NOW.timestamp()})
    publish(home.probe_segments(), probes(start=MORNING, outcomes=[True]), replica="watch", identifier=new_identifier())
    assert ticked(instance, home, cursor, later=60)[0] == []
    assert ticked(instance, home, cursor, later=601)[0] == ["2026-11-23"]
    land(probes(start=MORNING, outcomes=[True]), replica="watch")  # as earlier versions landed them
    assert ticked(instance, home, cursor, later=60)[0] == []
    land(whole_visit(at=MORNING + timedelta(minutes=5)))
    assert ticked(instance, home, cursor, later=60)[0] == ["2026-11-23"]


def test_a_future_day_is_not_requested_before_it_begins(home: Home, land: Any, instance: dg.DagsterInstance) -> None:
    land(whole_visit(at=MORNING + timedelta(days=2)))
    days, cursor = ticked(instance, home)
    assert days == []
    assert ticked(instance, home, cursor, later=2 * 86_400)[0] == ["2026-11-25"]


def test_an_empty_home_requests_nothing(home: Home, instance: dg.DagsterInstance) -> None:
    assert ticked(instance, home) == ([], Cursor())


@pytest.mark.parametrize(("fails", "days"), [(False, []), (True, ["2026-11-23"])])
def test_a_day_counts_as_built_only_when_its_run_has_succeeded(
    home: Home,
    land: Any,
    run: Any,
    monkeypatch: pytest.MonkeyPatch,
    instance: dg.DagsterInstance,
    fails: bool,
    days: list[str],
) -> None:
    def wrong(*_: object) -> None:
        raise ValueError("a fault in the data: no retry mends it")

    land(whole_visit())
    _, cursor = ticked(instance, home)
    assert cursor.asked is not None
    assert ticked(instance, home, cursor)[0] == []
    if fails:
        monkeypatch.setattr("assets.tables.turns.turns_of", wrong)
    (key,) = cursor.asked.runs
    run(DAY, tags={RUN_KEY_TAG: key}, only=("raw_events", "turns"), raise_on_error=False)
    ended = max(record.end_time or 0 for record in instance.get_run_records())
    text = cursor.model_dump_json()
    result = tick(instance, home=home, text=text, now=datetime.fromtimestamp(ended + 120, UTC))
    asked = [request.tags["dagster/asset_partition_range_start"] for request in result.run_requests or []]
    assert asked == days
    assert {day: each.times for day, each in Cursor.parse(result.cursor).failed.items()} == ({DAY: 1} if fails else {})


def test_dagster_evaluates_the_sensor_and_can_run_its_requests(
    home_resource: HomeResource, home: Home, land: Any, instance: dg.DagsterInstance
) -> None:
    land(whole_visit(at=datetime.now(UTC) - timedelta(seconds=1)))
    definitions = build_defs(resource_overrides={"home": home_resource})
    context = dg.build_sensor_context(instance=instance, resources={"home": home_resource}, definitions=definitions)
    result = new_facts(context)
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or []
    job = definitions.resolve_job_def("rebuild")
    outcome = job.execute_in_process(instance=instance, tags={**request.tags, RUN_KEY_TAG: str(request.run_key)})
    assert outcome.success
    settled = tick(instance, home=home, text=result.cursor, now=datetime.now(UTC) + timedelta(minutes=10))
    assert (settled.run_requests or []) == []
    assert list(Cursor.parse(settled.cursor).built) == [business_day(datetime.now(UTC))]


@pytest.mark.parametrize(("pid", "ended"), [(NOBODY, True), (os.getpid(), False)], ids=["gone", "there"])
def test_a_run_without_its_process_is_ended_and_its_day_requested_again(
    home: Home, land: Any, instance: dg.DagsterInstance, pid: int, ended: bool
) -> None:
    land(whole_visit())
    _, cursor = ticked(instance, home)
    assert cursor.asked is not None
    job = build_defs().resolve_job_def("rebuild")
    tags = {RUN_KEY_TAG: next(iter(cursor.asked.runs))}
    run = instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
    record_process(instance, run, pid)
    _, after = ticked(instance, home, cursor)
    assert instance.get_run_by_id(run.run_id).is_finished is ended  # type: ignore[union-attr]
    assert (after.asked is None, list(after.failed)) == (ended, [DAY] if ended else [])
