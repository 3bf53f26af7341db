"""Four simulated pilots: a success, a failure, a borderline one, and one with half its counts missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from pilot.business_days import days_between
from pilot.lake_tables.tables import PILOT_KPIS, TURNS, UPTIME
from pipelines.reports.pilot_report import pilot_report
from tests.pipelines.reports.test_reports import BASIS, CAFES, FIRST, frame, kpi

LAST = FIRST + timedelta(days=29)
DAYS = list(days_between(FIRST, LAST))
BETWEEN_DAYS = 0.015  # the spread of the share between café-days


def pilot(share: float, *, days: int = 30, missing: float = 0.0) -> dict[str, Any]:
    """Return the report's row of participation over all cafés of a pilot with this true share."""
    random = np.random.default_rng(20261130)
    rows = []
    for day in DAYS[:days]:
        for cafe in CAFES.ids:
            customers = int(random.integers(300, 700))
            own = float(np.clip(random.normal(share, BETWEEN_DAYS), 0.01, 0.99))
            started = int(random.binomial(customers, own))
            known = random.uniform() >= missing
            rows.append(kpi(day, "participation", started, customers if known else None, cafe=cafe))
    basis = replace(BASIS, days=DAYS[:days], planned_days=30)
    found = pilot_report(
        basis, day=DAYS[days - 1], kpis=frame(PILOT_KPIS, rows), uptime=frame(UPTIME, []), turns=frame(TURNS, [])
    )
    own = found.filter((pl.col("cafe") == "all") & (pl.col("kpi") == "participation"))
    return own.row(0, named=True)


def test_a_success_is_met_and_a_failure_is_missed() -> None:
    assert pilot(0.12)["verdict"] == "met"
    assert pilot(0.08)["verdict"] == "missed"


def test_a_clear_success_is_decided_before_the_end_and_not_in_the_first_week() -> None:
    assert [pilot(0.16, days=days)["verdict"] for days in (6, 21, 30)] == ["cannot_tell", "met", "met"]


def test_a_clear_failure_of_a_low_target_is_decided_on_the_last_day_only() -> None:
    # One day on which every customer takes part could still lift the mean, and no data excludes such a day early.
    assert [pilot(0.05, days=days)["verdict"] for days in (6, 21, 30)] == ["cannot_tell", "cannot_tell", "missed"]


def test_a_borderline_pilot_stays_open() -> None:
    row = pilot(0.10)
    assert (row["verdict"], row["why"]) == ("cannot_tell", "on_both_sides")
    assert row["low"] < 0.10 < row["high"]


def test_with_half_the_counts_missing_even_a_success_stays_open() -> None:
    row = pilot(0.12, missing=0.5)
    assert row["low"] > 0.10  # the interval alone would say met
    assert (row["verdict"], row["why"]) == ("cannot_tell", "too_much_missing")
    assert pilot(0.12, missing=0.1)["verdict"] == "met"
