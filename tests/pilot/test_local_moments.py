"""Moments that an operator types, on usual days and on the nights of the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pilot.local_moments import InvalidMoment, parse_moment

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # 12:00 in Stockholm
AUTUMN = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
SPRING = datetime(2027, 3, 27, 20, 0, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("14:30", NOON, "2026-11-23T13:30"),
        ("14.30", NOON, "2026-11-23T13:30"),
        ("7:05", NOON, "2026-11-24T06:05"),
        ("12:00", NOON, "2026-11-24T11:00"),
        ("2026-11-25 08:00", NOON, "2026-11-25T07:00"),
        ("2026-11-25T08:00+00:00", NOON, "2026-11-25T08:00"),
        ("01:59", AUTUMN, "2026-10-24T23:59"),
        ("03:00", AUTUMN, "2026-10-25T02:00"),
        ("2026-10-25 02:30+02:00", AUTUMN, "2026-10-25T00:30"),
        ("2026-10-25 02:30+01:00", AUTUMN, "2026-10-25T01:30"),
        ("01:59", SPRING, "2027-03-28T00:59"),
        ("03:00", SPRING, "2027-03-28T01:00"),
    ],
)
def test_a_moment_is_read_by_stockholms_clock(text, now, expected):
    assert parse_moment(text, now=now) == utc(expected)


@pytest.mark.parametrize(
    ("text", "now", "words"),
    [
        ("02:30", AUTUMN, "comes twice"),
        ("2026-10-25 02:00", AUTUMN, "comes twice"),
        ("02:30", SPRING, "does not exist"),
        ("2027-03-28 02:59", SPRING, "does not exist"),
        ("24:00", NOON, "is not a moment"),
        ("12:60", NOON, "is not a moment"),
        ("", NOON, "is not a moment"),
        ("imorgon", NOON, "is not a moment"),
    ],
)
def test_a_moment_that_is_none_or_two_is_refused_with_a_remedy(text, now, words):
    with pytest.raises(InvalidMoment, match=words) as caught:
        parse_moment(text, now=now)
    assert "02:30+01:00" in caught.value.remedy
