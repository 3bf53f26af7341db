"""The benchmark of volume alarms: no alarm on good days, and the missing sign is found."""

from __future__ import annotations

import pytest

from benchmarks.platform.volume_alarms import run

pytestmark = pytest.mark.slow

MOST_A_CAFE_WEEK = 0.5  # one false alarm a café in two weeks


def test_a_simulated_pilot_is_quiet_and_what_goes_wrong_in_it_is_found() -> None:
    found = run(pilots=3, days=14, worlds=("rough",))
    assert found == run(pilots=3, days=14, worlds=("rough",))
    for basis in ("band", "history"):
        figures = found["rough"][basis]
        assert figures["cafe_days"] > 30
        assert sum(figures["false_alarms_a_cafe_week"].values()) <= MOST_A_CAFE_WEEK
        troubles = figures["troubles"]
        assert troubles["sign gone from 11"]["found"] >= 0.95
        assert troubles["sign gone from 11"]["hours_median"] <= 4.5
        assert troubles["outage recorded, three hours (no alarm is right)"]["found"] <= 0.1
    halved = {basis: found["rough"][basis]["troubles"]["halved all day"]["found"] for basis in ("band", "history")}
    assert halved["history"] > halved["band"]
