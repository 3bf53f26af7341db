"""The benchmark of the windows, small: it builds every table, and compares the days that it says."""

from __future__ import annotations

import pytest

from benchmarks.platform.windows import COMPARED_DAYS, MAKERS, cost_summary, run
from pipelines.feedback.themes_daily import HISTORY_DAYS


@pytest.mark.slow
def test_every_stage_is_timed_on_a_lake_of_its_own() -> None:
    found = run(days=2, sessions=60, cafes=3)
    assert set(found["stages"]) == {*MAKERS, "all"}


def test_last_days_are_held_against_the_first_and_against_those_with_full_windows() -> None:
    filling = [1.0] * COMPARED_DAYS + [2.0] * (HISTORY_DAYS - COMPARED_DAYS)
    figures = cost_summary([*filling, *[4.0] * COMPARED_DAYS, *[5.0] * COMPARED_DAYS])
    assert figures["last_times_first"] == 5.0
    assert figures["last_times_full"] == 1.25
