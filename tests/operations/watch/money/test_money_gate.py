"""The gate before a batch: nothing is paid on days that nobody judged since, or that are not good."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from operations.watch.money.money_gate import PATIENCE, RESTS_ON, GateVerdict, MoneyGate
from pilot.insight_tables import QUALITY_VERDICTS
from pilot.tables import SESSIONS
from storage.home import Home
from storage.lake import empty_frame, polars_schema
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import START, World

DAY = START.date()


@pytest.fixture
def claimed(home: Home) -> Home:
    """A home with one claimed reward, decided at START, and a lake that holds its day."""
    world = World(home.root / "unused.sqlite", store=home.store(), rail=MemoryRail)
    world.earn("acct_1")
    home.lake().replace_partition(SESSIONS, DAY, empty_frame(SESSIONS), commit={})
    return home


def judge(home: Home, *, at: datetime, passed: bool = True) -> None:
    values: dict[str, Any] = {
        "day": DAY,
        "table_name": SESSIONS.name,
        "expectation": "sessions end after they begin",
        "passed": passed,
        "severity": "stop",
        "judged_at": at,
    }
    filler = {"text": "", "integer": 0, "boolean": False, "real": 0.0}
    row = {
        column.name: values.get(column.name, filler.get(column.kind) if column.required else None)
        for column in QUALITY_VERDICTS.columns
    }
    frame = pl.DataFrame([row], schema=polars_schema(QUALITY_VERDICTS))
    home.lake().replace_partition(QUALITY_VERDICTS, DAY, frame, commit={})


def closed(gate: MoneyGate, *, at: datetime = START + timedelta(hours=1)) -> str:
    return gate.look("memory", simulated=True, now=at).why


def test_it_is_open_once_the_days_were_judged_after_the_decision_and_where_nothing_is_claimed(claimed: Home) -> None:
    gate = MoneyGate(claimed)
    assert "was not judged" in closed(gate)
    judge(claimed, at=START - timedelta(minutes=1))
    assert "was not judged" in closed(gate)
    judge(claimed, at=START + timedelta(minutes=1))
    assert closed(gate) == ""
    assert gate.look("another rail", simulated=True, now=START) == GateVerdict({}, "")


def test_what_stops_is_named(claimed: Home) -> None:
    judge(claimed, at=START + timedelta(minutes=1), passed=False)
    assert closed(MoneyGate(claimed)) == f"{DAY} sessions: sessions end after they begin"


def test_where_the_assets_judge_nothing_the_watch_does_it_itself_after_a_while_and_once(claimed: Home) -> None:
    asked: list[Collection[date]] = []

    def judging(home: Home, days: Collection[date], now: datetime) -> None:
        asked.append(days)
        judge(home, at=now)

    gate = MoneyGate(claimed, judge=judging)
    assert closed(gate) != ""
    assert closed(gate, at=START + timedelta(hours=1) + PATIENCE - timedelta(seconds=1)) != ""
    assert asked == []
    assert closed(gate, at=START + timedelta(hours=1) + PATIENCE) == ""
    assert asked == [[DAY]]


def test_it_rests_on_what_decisions_are_made_from() -> None:
    assert {"sessions", "turns", "scored_feedback", "session_signals", "rewards"} == {one.name for one in RESTS_ON}
