"""The intervals of figures over days hold the truth about as often as they say."""

from __future__ import annotations

import pytest

from benchmarks.interval_coverage import run

pytestmark = pytest.mark.slow

PILOTS = 300
LEAST = 0.93 - 0.035  # A share of 300 pilots strays this far, more than twice its own spread.


def test_clustered_intervals_hold_the_truth_where_those_of_independent_guests_do_not() -> None:
    found = run(pilots=PILOTS)
    assert min(found["coverage"].values()) >= LEAST
    assert max(found["coverage_as_if_independent"].values()) < 0.88
    assert found["coverage"] == run(pilots=PILOTS)["coverage"]
