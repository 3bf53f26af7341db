"""The what-if page: it starts from what was measured, and every input changes the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from operations.load_records import RECORDS_NAME
from operations.record_lines import append_record
from operations.system import RUN_FOLDER
from pilot.formatting import number
from pilot.lake_tables.tables import SESSIONS
from pipelines.reports.what_if import Plan, what_if
from storage.home import Home
from tests.dashboards.conftest import TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_pages import shown

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]
DAY = TODAY - timedelta(days=1)


def opened(visit_pages: Pages) -> AppTest:
    return visit_pages().run().switch_page("views/what_if.py").run()


def inputs(at: AppTest) -> dict[str, float]:
    return {each.key.removeprefix("what_if_"): each.value for each in at.number_input}


def test_the_inputs_start_from_the_sessions_and_say_where_there_is_no_measure(home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY).write(home.lake())
    at = opened(visit_pages)
    started = home.lake().read(SESSIONS, days=[DAY]).filter(pl.col("started_at").is_not_null())
    given = inputs(at)
    assert given["cafes"] == len(home.cafes().cafe)
    assert given["sessions_a_day"] == pytest.approx(len(started) / started["cafe"].n_unique(), abs=0.05)
    hours = started["started_at"].dt.convert_time_zone("Europe/Stockholm").dt.hour().value_counts()["count"]
    assert given["peak_share"] == pytest.approx(hours.max() / len(started) * 100, abs=0.5)
    assert (given["places"], given["replica_kr"]) == (10, 0.0)
    assert "En server räcker: " in shown(at)
    assert "bara belöningar: serverns pris är inte ifyllt" in shown(at)
    (places,) = [each for each in at.number_input if each.key == "what_if_places"]
    assert "Inget belastningsprov är gjort" in places.help


def test_a_recorded_load_test_is_the_number_of_places(home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY).write(home.lake())
    folder = home.root / RUN_FOLDER
    folder.mkdir(exist_ok=True)
    append_record(
        folder / RECORDS_NAME,
        {"at": datetime(2026, 11, 20, tzinfo=UTC).isoformat(), "guests": 14, "seconds": 60.0, "p95_ms": 1500.0, "failures": 0, "passed": True},
    )  # fmt: skip
    at = opened(visit_pages)
    assert inputs(at)["places"] == 14
    assert not at.exception


def test_every_change_is_answered_by_the_model_of_the_pipelines(home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY).write(home.lake())
    at = opened(visit_pages)
    chosen = {"cafes": 400, "sessions_a_day": 40.0, "peak_share": 20.0, "seconds": 70.0, "places": 8, "replicas": 3}
    chosen |= {"replica_kr": 900.0, "reward_kr": 11.0}
    for name, value in chosen.items():
        at.number_input(key=f"what_if_{name}").set_value(value)
    at.run()
    plan = Plan(
        cafes=400, sessions_a_day=40.0, peak_share=0.2, seconds=70.0, places=8, replicas=3, replica_kr=900.0,
        reward_kr=11.0,
    )  # fmt: skip
    found = what_if(plan)
    page = shown(at)
    assert f"{found.replicas_needed} behövs för att det ska vara högst 1,0" in page
    assert "3 servrar räcker inte" in page
    total = found.servers_needed_kr + found.rewards_kr
    assert f"{number(total, language='sv')} kr".replace("\u00a0", " ") in page
    at.number_input(key="what_if_replicas").set_value(found.replicas_needed).run()
    assert f"{found.replicas_needed} servrar räcker: " in shown(at)


def test_without_data_the_page_says_what_to_do(visit_pages: Pages):
    at = opened(visit_pages)
    assert not at.exception
    assert not at.number_input
