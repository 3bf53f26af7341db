"""Days, counts and amounts as tills write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pipelines.till.errors import UnusableCell
from pipelines.till.values import amount, business_day_of, kind_of, whole_number

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23",
        "2026-11-23 08:12",
        "2026-11-23 08:12:31",
        "2026-11-23T08:12:31",
        "2026/11/23",
        "20261123",
        "23.11.2026",
        "23.11.2026 08.12.31",
        "23/11/2026",
        "23-11-2026 8:05",
        "23 november 2026",
        "måndag 23 november 2026",
        "mån 23 nov. 2026",
        "23 Nov 2026 08:12",
        "\u00a02026-11-23\u00a0",
        "46349",
        "46349,3417",
    ],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert business_day_of(text) == MONDAY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-10-24T22:30:00Z", date(2026, 10, 25)),  # half past midnight, summer time
        ("2026-10-25T22:30:00Z", date(2026, 10, 25)),  # half past eleven, winter time: the day has 25 hours
        ("2026-10-25T23:30:00+00:00", date(2026, 10, 26)),
        ("2027-03-28T02:30:00", date(2027, 3, 28)),  # a time that the clock skips is of its day all the same
        ("2026-10-25 02:30", date(2026, 10, 25)),  # and so is one that it shows twice
    ],
)
def test_the_days_on_which_the_clock_changes_are_days_like_others(text: str, day: date) -> None:
    assert business_day_of(text) == day


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("i går", "text of 5 characters"),
        ("", "nothing"),
        ("2026-02-30", "a day that no calendar has"),
        ("11/23/2026", "a day that no calendar has"),
        ("23.11.26", "something like a date"),
        ("742", "a number"),
        ("99999", "a number"),
        ("2026-11-23T25:61:00Z", "something like a date"),
    ],
)
def test_what_is_no_day_is_refused_by_its_kind(text: str, found: str) -> None:
    with pytest.raises(UnusableCell) as refused:
        business_day_of(text)
    assert refused.value.found in (found, kind_of(text))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("742", 742),
        ("0", 0),
        ("1 204", 1204),
        ("1\u00a0204", 1204),
        ("1\u202f204", 1204),
        ("742,0", 742),
        ("1 204,00", 1204),
        ("1.204,00", 1204),
        ("1,204.00", 1204),
    ],
)
def test_a_count_is_read_with_swedish_thousands_and_decimals(text: str, count: int) -> None:
    assert whole_number(text) == count


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12,5", "a number with decimals"),
        ("-3", "a negative number"),
        ("−3", "a negative number"),
        ("många", "text of 5 characters"),
        ("", "nothing"),
        ("1.204", "a number whose point or comma could mean thousands or decimals"),
        ("1e3", "text of 3 characters"),
        ("٧٤٢", "text of 3 characters"),
    ],
)
def test_what_is_no_count_is_refused_by_its_kind_and_never_repeated(text: str, found: str) -> None:
    with pytest.raises(UnusableCell) as refused:
        whole_number(text)
    assert refused.value.found == found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("45,00", "45.00"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50 kr", "1234.50"),
        ("1.234,50 kr.", "1234.50"),
        ("SEK 45", "45"),
        ("-45,00", "-45.00"),
        ("−45,00 kr", "-45.00"),
        ("45,00-", "-45.00"),
        ("(45,00)", "-45.00"),
        ("45:-", "45"),
    ],
)
def test_an_amount_is_read_with_its_sign_and_without_its_currency(text: str, value: str) -> None:
    assert amount(text) == Decimal(value)
