"""Opening hours: weeks, moving holidays, special days, and the nights of clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from pilot.business_days import at_local
from pilot.cafes import SpecialDay, parse_cafes
from pilot.errors import InvalidCafes
from pilot.opening_hours import GRACE_MINUTES, days_until, holidays_of, hours_on, opening_at

TEXT = (Path(__file__).parents[2] / "cafes.toml").read_text(encoding="utf-8")
CAFES = parse_cafes(TEXT, source="cafes.toml")
AURORA, MALMO, GOTEBORG = (CAFES.get(each) for each in ("aurora", "malmohuset", "goteborg"))


def stockholm(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return at_local(moment.date(), moment.time())


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T06:59:59", False),
        ("2026-11-23T07:00:00", True),
        ("2026-11-23T19:00:00", True),  # The guest who has just left.
        ("2026-11-23T19:29:59", True),
        ("2026-11-23T19:30:00", False),
        ("2026-11-28T07:30:00", False),
        ("2026-11-28T08:00:00", True),
        ("2026-11-29T08:59:00", False),
        ("2026-11-29T09:00:00", True),
    ],
)
def test_the_week_decides_to_the_second(moment, is_open):
    assert opening_at(AURORA, stockholm(moment)).open is is_open


def test_an_open_cafe_has_a_closing_time():
    opening = opening_at(AURORA, stockholm("2026-11-23T18:20:00"))
    assert opening.closes_at == stockholm("2026-11-23T19:00:00") + timedelta(minutes=GRACE_MINUTES)
    assert opening.opens_at is None


def test_a_closed_cafe_has_a_next_opening_time():
    assert opening_at(AURORA, stockholm("2026-11-23T05:00:00")).opens_at == stockholm("2026-11-23T07:00:00")
    assert opening_at(AURORA, stockholm("2026-11-23T22:00:00")).opens_at == stockholm("2026-11-24T07:00:00")
    assert opening_at(AURORA, stockholm("2026-11-27T22:00:00")).opens_at == stockholm("2026-11-28T08:00:00")


# Easter's days, Midsummer, All Saints', the eves: by the almanac of each year.
@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2026-04-03", "Långfredagen"),
        ("2026-04-06", "Annandag påsk"),
        ("2027-03-26", "Långfredagen"),
        ("2026-05-14", "Kristi himmelsfärdsdag"),
        ("2026-06-06", "Nationaldagen"),
        ("2026-06-19", "Midsommarafton"),
        ("2027-06-25", "Midsommarafton"),
        ("2026-06-20", "Midsommardagen"),
        ("2026-10-31", "Alla helgons dag"),
        ("2026-12-24", "Julafton"),
        ("2026-12-31", "Nyårsafton"),
        ("2027-01-06", "Trettondedag jul"),
    ],
)
def test_swedens_holidays_are_known_in_both_languages(day, name):
    holiday = holidays_of(date.fromisoformat(day).year)[date.fromisoformat(day)]
    assert holiday.sv == name
    assert holiday.en not in ("", name)


def test_each_cafe_keeps_its_own_hours_on_holidays_and_eves():
    good_friday, christmas_eve = date(2026, 4, 3), date(2026, 12, 24)
    assert hours_on(AURORA, good_friday).window == (time(10), time(16))
    assert hours_on(MALMO, good_friday).window is None
    assert hours_on(GOTEBORG, good_friday).window == GOTEBORG.opening_hours.sunday
    assert hours_on(AURORA, christmas_eve).window is None
    assert hours_on(GOTEBORG, christmas_eve).window == (time(9), time(14))


def test_a_special_day_overrides_the_calendar_and_gives_its_reason():
    christmas_day = hours_on(AURORA, date(2026, 12, 25))
    assert christmas_day.window is None
    assert christmas_day.reason is not None
    assert christmas_day.reason.sv == "Juldagen"
    closed = opening_at(AURORA, stockholm("2026-12-24T12:00:00"))
    assert (closed.open, closed.reason and closed.reason.sv) == (False, "Julafton")
    assert closed.opens_at == stockholm("2026-12-26T10:00:00")
    late = TEXT.replace(
        "[[cafe.special_days]]\nday = 2026-12-25", '[[cafe.special_days]]\nday = 2026-12-25\nhours = ["12:00", "15:00"]'
    )
    assert hours_on(parse_cafes(late, source="x").get("aurora"), date(2026, 12, 25)).window == (time(12), time(15))


def test_a_special_day_listed_twice_is_refused():
    twice = TEXT.replace("[[cafe.special_days]]\nday = 2026-12-25", "[[cafe.special_days]]\nday = 2026-12-25\n" * 2)
    with pytest.raises(InvalidCafes, match="2026-12-25 is listed twice"):
        parse_cafes(twice, source="cafes.toml")


def test_the_doors_follow_the_wall_clock_through_both_changes():
    assert opening_at(AURORA, stockholm("2026-10-24T23:00:00")).opens_at == datetime(2026, 10, 25, 8, tzinfo=UTC)
    assert opening_at(AURORA, stockholm("2026-03-28T23:00:00")).opens_at == datetime(2026, 3, 29, 7, tzinfo=UTC)


def test_the_grace_of_a_cafe_that_closes_at_midnight_reaches_into_the_next_day():
    late = AURORA.model_copy(
        update={"opening_hours": AURORA.opening_hours.model_copy(update={"weekdays": (time(7), time(23, 45))})}
    )
    assert opening_at(late, stockholm("2026-11-24T00:10:00")).open
    assert not opening_at(late, stockholm("2026-11-24T00:16:00")).open


def test_a_cafe_that_does_not_open_for_months_names_no_day():
    days = tuple(SpecialDay(day=date(2026, 11, 23) + timedelta(days=ahead)) for ahead in range(90))
    closed = AURORA.model_copy(update={"special_days": days})
    assert opening_at(closed, stockholm("2026-11-23T12:00:00")).opens_at is None


def test_days_are_counted_by_stockholms_midnights():
    now = stockholm("2026-11-23T23:30:00")
    assert days_until(stockholm("2026-11-24T07:00:00"), now=now) == 1
    assert days_until(stockholm("2026-11-23T23:45:00"), now=now) == 0
