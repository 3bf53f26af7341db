"""The intervals of figures over days hold the truth about as often as they say."""

from __future__ import annotations

import pytest

from benchmarks.platform import interval_coverage
from benchmarks.platform.interval_coverage import run
from pipelines.reports import pilot_report

pytestmark = pytest.mark.slow

PILOTS = 300
LEAST = 0.93 - 0.035  # A share of 300 pilots strays this far, more than twice its own spread.


@pytest.mark.parametrize("name", ["ratio", "share_interval", "quantile_of"])
def test_what_is_measured_is_what_the_report_uses(name: str) -> None:
    assert getattr(interval_coverage, name) is getattr(pilot_report, name)


def test_clustered_intervals_hold_the_truth_where_those_of_independent_guests_do_not() -> None:
    found = run(pilots=PILOTS)
    assert min(found["coverage"].values()) >= LEAST
    assert max(found["coverage_as_if_independent"].values()) < 0.88
    assert found["coverage"] == run(pilots=PILOTS)["coverage"]
