"""Pilots looked at every day are seldom wrong, while the plain interval often is."""

from __future__ import annotations

import pytest

from benchmarks.report import false_decisions
from benchmarks.report.false_decisions import run
from pipelines.reports import pilot_report
from pipelines.statistics import anytime

pytestmark = pytest.mark.slow

PILOTS = 200
MOST = 0.05 + 0.03  # a share of 200 pilots strays this far, twice its own spread
LEAST = 0.93 - 0.04


def test_what_is_measured_is_what_the_report_uses() -> None:
    assert false_decisions.rejects is anytime.rejects
    assert false_decisions.share_interval is pilot_report.share_interval
    assert false_decisions.quantile_of is pilot_report.quantile_of


def test_pilots_read_daily_rarely_decide_falsely() -> None:
    found = run(pilots=PILOTS)
    assert max(found["false_met"].values()) <= MOST
    assert max(found["false_missed"].values()) <= MOST
    assert min(found["coverage_of_the_planned_look"].values()) >= LEAST
    assert min(found["coverage_of_all_interim_readings"].values()) >= 0.95 - 0.03
    assert min(found["plain_interval_read_daily"].values()) > 0.12
