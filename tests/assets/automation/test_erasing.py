"""The sensor that starts erasures: one run at a time, with retries after failed attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from assets.automation.erasing import request_erasing
from assets.automation.sensor import RUN_KEY_TAG
from assets.definitions import build_defs
from assets.framework.resources import HomeResource
from operations.erasure.carry_out import carry_out
from operations.erasure.home_lock import home_lock
from pilot.business_days import business_day
from pilot.lake_tables.tables import RAW_EVENTS
from storage.home import Home
from storage.landing.days import read_day
from storage.store.privacy import erasures, tombstones
from storage.store.privacy.erasures import Erasure
from tests.events import MORNING, whole_visit

RAW = [RAW_EVENTS.name]


@pytest.fixture
def erasure(home: Home) -> Erasure:
    session = whole_visit(at=datetime.now(UTC) - timedelta(seconds=1)).session_id
    tombstones.add(home.store(), session_id=session, actor="test", reason="asked for")
    found = erasures.find(home.store(), session)
    assert found is not None
    return found


def key_at(instance: dg.DagsterInstance, home: Home, erasure: Erasure, *, minutes: float) -> str | None:
    result = request_erasing(instance, home=home, now=erasure.asked_at + timedelta(minutes=minutes))
    keys = [request.run_key for request in result.run_requests or []]
    return keys[0] if keys else None


def erase(instance: dg.DagsterInstance, home_resource: HomeResource, key: str | None) -> bool:
    job = build_defs(resource_overrides={"home": home_resource}).resolve_job_def("erasing")
    tags = {RUN_KEY_TAG: str(key)}
    return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False).success


def test_a_failed_attempt_is_retried_after_1_2_and_4_minutes_with_a_new_key(
    home: Home, home_resource: HomeResource, instance: dg.DagsterInstance, erasure: Erasure
) -> None:
    first = key_at(instance, home, erasure, minutes=0)
    with home_lock(home.root):
        assert not erase(instance, home_resource, first)
    keys = {minutes: key_at(instance, home, erasure, minutes=minutes) for minutes in (0.9, 1, 2.9, 3, 6.9, 7)}
    assert keys[0.9] == first
    assert len({first, *keys.values()}) == 4
    assert keys[1] == keys[2.9] != keys[3] == keys[6.9] != keys[7]
    assert erase(instance, home_resource, keys[7])
    after = erasures.find(home.store(), erasure.session_id)
    assert after is not None
    assert after.state == "rewritten"


def test_an_erasure_that_keeps_failing_is_retried_every_hour(
    home: Home, instance: dg.DagsterInstance, erasure: Erasure
) -> None:
    keys = [key_at(instance, home, erasure, minutes=24 * 60 + minute) for minute in range(6 * 60)]
    assert None not in keys
    assert len(set(keys)) == 7


def test_nothing_is_requested_while_an_erasing_run_is_under_way(
    home: Home, instance: dg.DagsterInstance, erasure: Erasure
) -> None:
    job = build_defs().resolve_job_def("erasing")
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert key_at(instance, home, erasure, minutes=3) is None
    instance.report_run_failed(run, "ended")
    assert key_at(instance, home, erasure, minutes=3) is not None


def test_a_home_without_erasures_requests_nothing(home: Home, instance: dg.DagsterInstance) -> None:
    assert not request_erasing(instance, home=home, now=datetime.now(UTC)).run_requests


def test_a_session_that_lands_again_after_its_erasure_is_erased_again(
    home: Home, home_resource: HomeResource, instance: dg.DagsterInstance, land: Any, run: Any
) -> None:
    story = whole_visit()
    land(story)
    tombstones.add(home.store(), session_id=story.session_id, actor="test", reason="asked for")
    while (erasure := erasures.find(home.store(), story.session_id)) and erasure.state != "done":
        carry_out(home, now=home.store().now(), grace=timedelta(0))
    late = whole_visit(at=MORNING + timedelta(minutes=9))
    land(late, replica="edge2")
    assert run(business_day(MORNING), only=RAW).success
    assert erasures.find(home.store(), story.session_id) == erasure
    land(story, replica="edge3")
    assert run(business_day(MORNING), only=RAW).success
    assert erasure is not None
    years_later = erasure.asked_at + timedelta(days=800)
    assert request_erasing(instance, home=home, now=years_later).run_requests
    assert erase(instance, home_resource, key_at(instance, home, erasure, minutes=0))
    again = erasures.find(home.store(), story.session_id)
    assert again is not None
    assert (again.state, again.done_at) == ("rewritten", None)
    landed = read_day(home.segments(), business_day(MORNING), erased=[story.session_id])
    assert landed.reappeared == frozenset()
    assert set(landed.frame["session_id"]) == {late.session_id}
    assert home.lake().read(RAW_EVENTS)["session_id"].unique().to_list() == [late.session_id]
