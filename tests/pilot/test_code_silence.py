"""A code is silent after two open hours without a scan, and never while its café is closed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from pilot.business_days import at_local
from pilot.cafes import parse_cafes
from pilot.code_silence import is_silent

AURORA = parse_cafes((Path(__file__).parents[2] / "cafes.toml").read_text(encoding="utf-8"), source="x").get("aurora")
MONDAY = date(2026, 11, 23)  # open 07:00 to 19:00
LONG_AGO = at_local(date(2026, 11, 1), time(12))


def local(text: str, *, day: date = MONDAY) -> datetime:
    return at_local(day, time.fromisoformat(text))


@pytest.mark.parametrize(
    ("now", "scanned", "issued", "silent"),
    [
        ("08:59", None, None, False),  # open for less than two hours
        ("09:00", None, None, True),
        ("09:00", "07:30", None, False),
        ("09:30", "07:30", None, True),
        ("18:59", "17:00", None, False),
        ("18:59", "16:59", None, True),
        ("19:00", "10:00", None, False),  # closed
        ("06:59", None, None, False),
        ("12:00", None, "10:30", False),  # a new code
        ("12:30", None, "10:30", True),
    ],
)
def test_silence_counts_todays_opening_hours_only(now: str, scanned: str | None, issued: str | None, silent: bool):
    found = is_silent(
        AURORA,
        issued=local(issued) if issued else LONG_AGO,
        scanned=local(scanned) if scanned else None,
        now=local(now),
    )
    assert found is silent


def test_last_nights_scan_does_not_count_as_this_mornings():
    yesterday = local("18:50", day=MONDAY - timedelta(days=1))
    assert not is_silent(AURORA, issued=LONG_AGO, scanned=yesterday, now=local("08:00"))
    assert is_silent(AURORA, issued=LONG_AGO, scanned=yesterday, now=local("09:05"))


def test_a_closed_day_has_no_silence():
    christmas = date(2026, 12, 25)
    assert not is_silent(AURORA, issued=LONG_AGO, scanned=None, now=local("13:00", day=christmas))
