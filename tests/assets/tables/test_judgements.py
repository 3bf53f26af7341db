"""The asset `judgements`: off by default, no part of the score, removed with an erased session."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from assets.automation.schedules import judge_by_night
from assets.framework.resources import HomeResource
from pilot.lake_tables.tables import JUDGEMENTS, SCORED_FEEDBACK
from storage.home import Home
from storage.store.privacy import tombstones
from tests.events import MORNING, Story
from tests.ollama_server.running import running
from tests.ollama_server.server import StandIn
from tests.ollama_server.speakers import Planned, said
from tests.pipelines.signals.visits import visit

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 23)
GOOD = "Kön tog tolv minuter klockan åtta, ta in en till i kassan så hinner man med bussen."
ANSWER = '{"score": 80, "quote": "tog tolv minuter"}'
WORDS = ("tolv", "bussen", "kassan")
SCORED = ("raw_events", "sessions", "turns", "scored_feedback")


@contextmanager
def ollama(app: StandIn) -> Iterator[str]:
    """Serve the stand-in beside a run that knows nothing of coroutines."""
    ready, stop = threading.Event(), threading.Event()
    address: list[str] = []

    async def serve() -> None:
        async with running(app) as url:
            address.append(url)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20)
    try:
        yield address[0]
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def switched_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    app = StandIn(Planned([said(ANSWER)]), model="llama3.2:1b")
    with ollama(app) as url:
        monkeypatch.setenv("PILOT_JUDGEMENTS", "true")
        monkeypatch.setenv("PILOT_OLLAMA_URL", url)
        yield app


def figures(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.step_materialization_data.materialization.metadata.items()}


def two() -> list[Story]:
    return [visit(GOOD), visit("Allt var bra.", "Tog tolv minuter ungefär.", at=MORNING + timedelta(minutes=9))]


def test_the_model_is_off_by_default(home: Home, land: Any, run: Callable[..., Any]) -> None:
    land(*two())
    run(DAY, only=SCORED)
    metadata = figures(run(DAY, job="judging"))
    assert (metadata["switched_on"], metadata["asked"], metadata["dagster/row_count"]) == (0, 0, 0)


def test_sessions_are_judged_once_and_compared_with_their_score(
    home: Home, land: Any, run: Callable[..., Any], switched_on: StandIn
) -> None:
    land(*two())
    run(DAY, only=SCORED)
    first = run(DAY, job="judging")
    metadata = figures(first)
    assert (metadata["asked"], metadata["compared"], metadata["troubles"]) == (2, 2, {})
    asked = len(switched_on.requests)
    again = figures(run(DAY, job="judging"))
    assert (again["asked"], again["dagster/row_count"]) == (0, 2)
    assert len(switched_on.requests) == asked
    rows = home.lake().read(JUDGEMENTS, days=[DAY])
    assert rows["judged_score"].to_list() == [80, 80]
    kept = json.dumps([rows.to_dicts(), metadata], default=str, ensure_ascii=False)
    assert not any(word in kept for word in WORDS)
    assert metadata["disagreements"] == 1
    # An erasure looks for the session in all that Dagster keeps.
    assert not any(session in json.dumps(metadata, default=str) for session in rows["session_id"])


def test_scores_are_the_same_with_the_model_on_and_off(
    home: Home, land: Any, run: Callable[..., Any], switched_on: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(*two())
    tags = {"pilot/as_of": "2026-12-20T12:00:00Z"}
    monkeypatch.setenv("PILOT_JUDGEMENTS", "false")
    run(DAY, tags=tags, only=SCORED)
    off = home.lake().read(SCORED_FEEDBACK, days=[DAY])
    monkeypatch.setenv("PILOT_JUDGEMENTS", "true")
    run(DAY, job="judging", tags=tags)
    run(DAY, tags=tags, only=SCORED)
    on = home.lake().read(SCORED_FEEDBACK, days=[DAY])
    assert switched_on.requests
    assert on.write_ipc(None).getvalue() == off.write_ipc(None).getvalue()


def test_an_erased_sessions_judgement_is_removed_even_with_the_model_off(
    home: Home, land: Any, run: Callable[..., Any], switched_on: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, erased = two()
    land(kept, erased)
    run(DAY, only=SCORED)
    run(DAY, job="judging")
    tombstones.add(home.store(), session_id=erased.session_id, actor="test", reason="asked")
    monkeypatch.setenv("PILOT_JUDGEMENTS", "false")
    run(DAY, job="judging")  # its day is not rebuilt yet
    assert home.lake().read(JUDGEMENTS)["session_id"].to_list() == [kept.session_id]


def test_the_nightly_job_judges_rebuilt_days_and_skips_if_there_are_none(
    home: Home,
    land: Any,
    run: Callable[..., Any],
    home_resource: HomeResource,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    def asked(instance: dg.DagsterInstance) -> list[Any]:
        at = datetime.now(UTC) + timedelta(minutes=5)
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=at, resources={"home": home_resource}
        )
        return list(judge_by_night(context))

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        run(DAY, only=SCORED, within=instance)
        assert [type(each) for each in asked(instance)] == [dg.SkipReason]
        monkeypatch.setenv("PILOT_JUDGEMENTS", "true")
        (request,) = asked(instance)
        assert request.tags["dagster/asset_partition_range_start"] == DAY.isoformat()
