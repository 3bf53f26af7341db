"""Closed and redacted days stay unchanged, whatever requests them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.framework.unchanging_days import REOPEN_TAG
from pilot.lake_tables.tables import SESSIONS
from storage.home import Home
from storage.store.privacy import day_states
from tests.events import MORNING, whole_visit

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 23)
NEXT = DAY + timedelta(days=1)
LATER = {"pilot/as_of": "2026-12-20T12:00:00Z"}
SOME = ("raw_events", SESSIONS.name)
REOPENED = {**LATER, REOPEN_TAG: "yes"}


def visits(home: Home, day: date = DAY) -> int:
    return home.lake().read(SESSIONS, days=[day]).height


def metadata(result: dg.ExecuteInProcessResult) -> dict[str | None, object]:
    return {
        event.partition: event.step_materialization_data.materialization.metadata["day_state"].value
        for event in result.get_asset_materialization_events()
        if "day_state" in event.step_materialization_data.materialization.metadata
    }


def test_a_closed_day_is_left_unchanged_beside_an_open_one(home: Home, land: Any, run: Any) -> None:
    land(whole_visit())
    run(DAY, tags=LATER)
    day_states.put(home.store(), DAY, "closed", actor="test", reason="reported")
    land(whole_visit(at=MORNING + timedelta(hours=1)), whole_visit(at=MORNING + timedelta(days=1)))
    result = run(DAY, NEXT, tags=LATER)
    assert result.success
    assert (visits(home), visits(home, NEXT)) == (1, 1)
    assert metadata(result) == {"2026-11-23": "closed"}


def test_a_closed_day_is_rebuilt_by_a_run_that_reopens_it_and_stays_closed(home: Home, land: Any, run: Any) -> None:
    land(whole_visit())
    day_states.put(home.store(), DAY, "closed", actor="test", reason="reported")
    run(DAY, tags=LATER, only=SOME)
    assert visits(home) == 0
    run(DAY, tags=REOPENED, only=SOME)
    assert visits(home) == 1
    assert day_states.of(home.store(), [DAY]) == {DAY: "closed"}


def test_a_redacted_day_is_never_rebuilt(home: Home, land: Any, run: Any) -> None:
    land(whole_visit())
    run(DAY, tags=LATER, only=SOME)
    before = home.lake().read(SESSIONS, days=[DAY])
    day_states.put(home.store(), DAY, "redacted", actor="test", reason="time to live")
    for segment in home.segments().list(DAY):
        (home.root / "landing" / segment.path).unlink()
    assert run(DAY, tags=REOPENED, only=SOME).success
    assert home.lake().read(SESSIONS, days=[DAY]).equals(before)
    assert before.filter(pl.col("outcome") == "completed").height == 1
