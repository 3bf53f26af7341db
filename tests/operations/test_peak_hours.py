"""Nobody deploys or loads the edge in a café's peak without a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from operations.peak_hours import PeakHours, peaks_now, refuse_in_peaks
from pilot.business_days import local_time
from storage.cafes_file import read_cafes

STOCKHOLM = ZoneInfo("Europe/Stockholm")
CAFES = read_cafes(Path(__file__).parents[2] / "cafes.toml")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "names"),
    [
        ("2026-11-23T07:00:00", ["Café Aurora"]),
        ("2026-11-23T06:59:59", []),
        ("2026-11-23T08:30:00", ["Café Aurora", "Malmö Huset", "Göteborg Café"]),
        ("2026-11-23T09:00:00", ["Malmö Huset", "Göteborg Café"]),
        ("2026-11-23T11:59:59", []),
        ("2026-11-23T15:59:59", ["Malmö Huset"]),
        ("2026-11-23T16:00:00", []),
        # On a Sunday Aurora opens at nine, when its first peak is over.
        ("2026-11-29T08:30:00", []),
        # Christmas Day: Aurora and Malmö are closed.
        ("2026-12-25T13:30:00", ["Göteborg Café"]),
    ],
)
def test_a_peak_is_of_open_cafes_in_stockholms_time(moment: str, names: list[str]) -> None:
    assert [name for name, _ in peaks_now(CAFES, now=at(moment))] == names


@pytest.mark.parametrize("day", ["2026-03-28", "2026-03-30", "2026-10-24", "2026-10-26"])
def test_a_peak_keeps_its_local_time_across_both_clock_changes(day: str) -> None:
    ends = dict(peaks_now(CAFES, now=at(f"{day}T12:30:00")))
    assert f"{local_time(ends['Café Aurora']):%H:%M}" == "14:00"


def test_a_refusal_names_the_cafes_and_when_it_is_over() -> None:
    with pytest.raises(PeakHours, match=r"Café Aurora until 09:00.*Göteborg Café until 09:30") as refused:
        refuse_in_peaks(CAFES, now=at("2026-11-23T08:30:00"), reason="  ")
    assert "Wait until 10:00" in refused.value.remedy


def test_a_reason_or_a_quiet_hour_lets_it_through() -> None:
    refuse_in_peaks(CAFES, now=at("2026-11-23T08:30:00"), reason="the payment page is broken")
    refuse_in_peaks(CAFES, now=at("2026-11-23T22:00:00"), reason="")
