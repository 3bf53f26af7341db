"""Each figure of the report, recomputed by another query or read from the dashboards' own readings."""

from __future__ import annotations

import json

import polars as pl
import pytest

from pilot.lake_tables.insight_tables import THEMES
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.report_tables import PILOT_REPORT
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PILOT_KPIS, SCORED_FEEDBACK, SESSIONS, TURNS, UPTIME
from proving.analytics import arithmetic
from reports.model import Model
from reports.scope import Scope
from storage.home import Home
from tests.proving.analytics.full_days import EXCLUDED


def rows(home: Home, scope: Scope, table: object) -> pl.DataFrame:
    frame = home.lake().read(table, days=scope.days)  # type: ignore[arg-type]
    return frame.filter(~pl.col("simulated") & pl.col("cafe").is_in(scope.ids))


def test_the_verdicts_are_those_that_the_dashboards_read(reported_home: Home, scope: Scope, model: Model) -> None:
    stored = reported_home.lake().read(PILOT_REPORT, days=[scope.last]).filter(cafe="all", simulated=False)
    by = {row["kpi"]: row for row in stored.iter_rows(named=True)}
    for row in model["kpis"]:
        for name in ("value", "low", "high", "target"):
            mine, theirs = row[name], by[row["kpi"]][name]
            assert (mine is None) == (theirs is None)
            assert mine is None or mine == pytest.approx(theirs, rel=1e-9)
        assert (row["verdict"], row["why"]) == (by[row["kpi"]]["verdict"], by[row["kpi"]]["why"])


@pytest.mark.parametrize("kpi", ["participation", "completion"])
def test_interim_intervals_are_found_again_by_another_formula(
    reported_home: Home, scope: Scope, model: Model, kpi: str
) -> None:
    days = rows(reported_home, scope, PILOT_KPIS).filter((pl.col("kpi") == kpi) & (pl.col("day") != EXCLUDED))
    counted = days.filter(pl.col("value").is_not_null()).sort("day", "cafe")
    low, high = arithmetic.anytime_ends(list(counted.select("numerator", "denominator").iter_rows()))
    row = next(each for each in model["kpis"] if each["kpi"] == kpi)
    assert (row["low"], row["high"]) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


def test_the_counts_of_each_day_are_those_of_the_sessions(reported_home: Home, scope: Scope, model: Model) -> None:
    sessions, feedback = rows(reported_home, scope, SESSIONS), rows(reported_home, scope, SCORED_FEEDBACK)
    counts, uptime = rows(reported_home, scope, CUSTOMER_COUNTS), rows(reported_home, scope, UPTIME)
    for row in model["days"]:
        of_day = pl.col("day").cast(pl.String) == row["day"]
        mine = sessions.filter(of_day)
        assert row["started"] == len(mine) - mine["outcome"].to_list().count("opened_only")
        assert row["completed"] == mine["outcome"].to_list().count("completed")
        assert row["useful"] == feedback.filter(of_day)["eligible"].sum()
        assert row["customers"] == (counts.filter(of_day)["customers"].sum() or None)
        down = uptime.filter(of_day & (pl.col("target") == "customer_page"))["down_s"].sum()
        assert row["down_s"] == pytest.approx(down, abs=0.001)


def test_the_money_is_that_of_the_rewards_and_payments_to_the_ore(
    reported_home: Home, scope: Scope, model: Model
) -> None:
    rewards, payments = rows(reported_home, scope, REWARDS), rows(reported_home, scope, PAYMENTS)
    granted = [
        row["amount_ore"] for row in rewards.iter_rows(named=True) if row["outcome"] == "eligible" or row["released"]
    ]
    assert model["rewards"]["granted_ore"] == sum(granted) > 0
    assert (model["rewards"]["granted"], model["rewards"]["decided"]) == (len(granted), len(rewards))
    assert model["rewards"]["held"] == rewards["outcome"].to_list().count("held") > 0
    assert sum(row["issued"] for row in model["payments"]) == payments["issued"].sum() > 0
    assert sum(row["succeeded_ore"] for row in model["payments"]) == payments["succeeded_ore"].sum()


def test_the_themes_are_counted_as_in_the_feedback(reported_home: Home, scope: Scope, model: Model) -> None:
    stored = rows(reported_home, scope, THEMES)
    for row in model["themes"]:
        mine = stored.filter(theme=row["theme"])
        assert (row["mentions"], row["negative"]) == (mine["mentions"].sum(), mine["negative"].sum())
    assert sum(row["mentions"] for row in model["themes"]) == stored["mentions"].sum()


def test_the_funnel_and_the_troubles_are_those_of_the_sessions(reported_home: Home, scope: Scope, model: Model) -> None:
    sessions = rows(reported_home, scope, SESSIONS).to_dicts()
    started = [row for row in sessions if row["outcome"] != "opened_only"]
    assert sum(row["opened"] for row in model["funnel"]) == len(sessions)
    assert sum(row["consented"] for row in model["funnel"]) == sum(bool(row["consent"]) for row in started)
    assert model["troubles"]["microphone"] == sum(row["microphone"] == "denied" for row in started)
    assert model["troubles"]["silent"] == sum(row["abandon_reason"] == "silent" for row in started)


def test_every_measured_answer_is_in_the_stages(reported_home: Home, scope: Scope, model: Model) -> None:
    turns = rows(reported_home, scope, TURNS)
    shown = next(row for row in model["stages"] if row["stage"] == "shown")
    assert shown["measured"] == turns.filter(pl.col("mode") == "voice")["response_ms"].count()
    assert json.dumps(model["stages"])
