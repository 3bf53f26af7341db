"""The support's hours: weekdays in Stockholm, holidays and both clock changes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pilot.support_hours import closed_weekdays, is_open_on, support_at


@pytest.mark.parametrize(
    ("moment", "is_open", "until"),
    [
        ("2026-11-23T06:59", False, "2026-11-23T07:00"),
        ("2026-11-23T07:00", True, "2026-11-23T17:00"),
        ("2026-11-23T16:59", True, "2026-11-23T17:00"),
        ("2026-11-23T17:00", False, "2026-11-24T07:00"),
        ("2026-11-27T17:00", False, "2026-11-30T07:00"),  # Friday evening
        ("2026-12-23T17:00", False, "2026-12-28T07:00"),  # over Christmas
        ("2026-10-25T12:00", False, "2026-10-26T07:00"),  # the clock went back this Sunday
        ("2027-03-26T12:00", False, "2027-03-30T06:00"),  # Good Friday: over Easter and the clock change
    ],
)
def test_support_answers_on_weekdays_from_eight_to_six(moment: str, is_open: bool, until: str) -> None:
    support = support_at(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    assert (support.open, f"{support.until.astimezone(UTC):%Y-%m-%dT%H:%M}") == (is_open, until)


def test_holidays_on_weekdays_are_named() -> None:
    days = closed_weekdays(datetime(2026, 12, 20, tzinfo=UTC).date(), days=20)
    assert [name.sv for _, name in days] == [
        "Julafton", "Juldagen", "Nyårsafton", "Nyårsdagen", "Trettondedag jul",
    ]  # fmt: skip
    assert not any(is_open_on(day) for day, _ in days)
