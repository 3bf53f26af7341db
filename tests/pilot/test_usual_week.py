"""A café that is closed on some day of its usual week, as every reader of its hours sees it."""

from __future__ import annotations

import random
from datetime import date, time
from pathlib import Path

import pytest

from pilot.cafes import Cafe, parse_cafes
from pilot.errors import InvalidCafes
from pilot.opening_hours import hours_on, open_on, opening_at
from pipelines.volume.expectation import expectation
from proving.simulator.chances import arrivals
from tests.pilot.test_opening_hours import stockholm
from voice_edge.http.page.door import door_page
from voice_edge.interviewer.cafe_questions import hours_answer

TEXT = (Path(__file__).parents[2] / "cafes.toml").read_text(encoding="utf-8")
MONDAY, SATURDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 28), date(2026, 11, 29)


def aurora(*changes: tuple[str, str]) -> Cafe:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return parse_cafes(text, source="cafes.toml").get("aurora")


SUNDAYS = ('sunday = ["09:00", "17:00"]', 'sunday = "closed"')
SATURDAYS = ('saturday = ["08:00", "18:00"]', 'saturday = "closed"')
MONDAYS = ('saturday = ["08:00", "18:00"]', 'monday = "closed"\nsaturday = ["08:00", "18:00"]')
WEEKDAYS = ('weekdays = ["07:00", "19:00"]', 'weekdays = "closed"')
FRIDAYS = ('saturday = ["08:00", "18:00"]', 'friday = ["07:00", "21:00"]\nsaturday = ["08:00", "18:00"]')


@pytest.mark.parametrize(
    ("change", "day"), [(SUNDAYS, SUNDAY), (SATURDAYS, SATURDAY), (MONDAYS, MONDAY), (WEEKDAYS, MONDAY)]
)
def test_a_day_of_the_week_may_be_closed(change, day):
    cafe = aurora(change)
    assert not open_on(cafe, day)
    assert not opening_at(cafe, stockholm(f"{day}T12:00")).open
    assert expectation(cafe, day=day, past={}) is None
    assert arrivals(random.Random(1), cafe=cafe, day=day, guests=3) == []


def test_a_closed_sunday_names_the_next_opening():
    closed = opening_at(aurora(SUNDAYS), stockholm("2026-11-29T12:00"))
    assert closed.opens_at == stockholm("2026-11-30T07:00")


def test_holidays_follow_a_closed_sunday_unless_they_have_hours():
    epiphany = date(2027, 1, 6)
    assert hours_on(aurora(SUNDAYS), epiphany).window == (time(10), time(16))
    without = aurora(SUNDAYS, ('holidays = ["10:00", "16:00"]', ""))
    assert hours_on(without, epiphany).window is None


def test_a_weekday_may_have_its_own_hours():
    assert hours_on(aurora(FRIDAYS), date(2026, 11, 27)).window == (time(7), time(21))
    assert hours_on(aurora(FRIDAYS), MONDAY).window == (time(7), time(19))


def test_a_cafe_open_only_on_weekends_still_has_an_expectation():
    assert expectation(aurora(WEEKDAYS), day=SATURDAY, past={}) is not None


@pytest.mark.parametrize(
    ("changes", "language", "says", "answers"),
    [
        ([SUNDAYS], "sv", "Öppet i helgen?", "På lördag är det öppet 8–18. På söndag är det stängt."),
        ([SUNDAYS], "en", "open this weekend?", "On Saturday we're open 8 am to 6 pm. On Sunday we're closed."),
        ([SUNDAYS], "sv", "Har ni öppet på söndag?", "På söndag är det stängt."),
        ([MONDAYS], "sv", "öppet på vardagar?", "På vardagar är det öppet 7–19. På måndag är det stängt."),
        ([FRIDAYS], "sv", "öppet på vardagar?", "På vardagar är det öppet 7–19. På fredag är det öppet 7–21."),
        ([WEEKDAYS], "sv", "öppet på vardagar?", "På vardagar är det stängt."),
        ([WEEKDAYS], "en", "open on weekdays?", "On weekdays we're closed."),
        ([SUNDAYS, SATURDAYS], "sv", "Öppet i helgen?", "På lördag är det stängt. På söndag är det stängt."),
    ],
)
def test_a_guest_who_asks_hears_the_closed_day(changes, language, says, answers):
    assert hours_answer(says, cafe=aurora(*changes), language=language, today=date(2026, 11, 25)) == answers


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ([SUNDAYS], ["<dt>Söndag</dt><dd>Stängt</dd>", "<dt>Sunday</dt><dd>Closed</dd>"]),
        ([MONDAYS], ["<dt>Måndag</dt><dd>Stängt</dd>", "<dt>Monday</dt><dd>Closed</dd>"]),
        ([FRIDAYS], ["<dt>Fredag</dt><dd>07.00–21.00</dd>"]),
        ([WEEKDAYS], ["<dt>Måndag–fredag</dt><dd>Stängt</dd>"]),
    ],
)
def test_the_door_shows_the_closed_day(changes, rows):
    html = door_page("closed", cafe=aurora(*changes), now=stockholm("2026-11-29T12:00"))
    assert [row for row in rows if row not in html] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((SUNDAYS[0], 'sunday = "stängt"'), "sunday"),
        ((SUNDAYS[0], 'sunday = "stängt"'), "'closed'"),
        ((SUNDAYS[0], "sunday = 7"), "sunday"),
        ((SUNDAYS[0], 'sunday = ["17:00", "09:00"]'), "closing must come later"),
        ((SUNDAYS[0], 'sunday = ["9", "17:00"]'), "found '9'"),
        ((MONDAYS[0], 'monday = "shut"\n' + MONDAYS[0]), "monday"),
    ],
)
def test_a_mistake_in_the_week_is_named(change, said):
    with pytest.raises(InvalidCafes) as error:
        aurora(change)
    assert said in str(error.value)
    assert str(error.value).count("\n  ") == 1


def test_a_week_without_an_open_day_is_refused():
    with pytest.raises(InvalidCafes, match="at least one day needs hours"):
        aurora(WEEKDAYS, SATURDAYS, SUNDAYS)
