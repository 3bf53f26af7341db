"""Days of feedback to be judged: so many an hour, evenly, at a café of the pilot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from pilot.business_days import day_bounds
from pilot.cafes import Cafe, parse_cafes
from pipelines.volume.expectation import PastHour
from pipelines.volume.open_hours import OpenHour, Window, open_hours

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
AURORA, MALMO, GOTEBORG = CAFES.cafe
MONDAY = date(2026, 11, 23)
SETTLED = timedelta(hours=12)


def empty(cafe: Cafe, day: date, *, as_of: datetime | None = None, away: Sequence[Window] = ()) -> list[OpenHour]:
    return open_hours(cafe, day=day, as_of=as_of or day_bounds(day)[1] + SETTLED, sent=[], away=away)


def as_usual(weight: float, hour: int) -> int:
    """Return what Aurora's 75 a day come to in an hour."""
    return round(75 * weight / 1440)


def sent(cafe: Cafe, day: date, count: Callable[[float, int], float] = as_usual) -> list[datetime]:
    """Return moments of feedback: in each open hour as many as `count` says of its weight and its name."""
    return [
        each.starts_at + timedelta(minutes=60 - each.open_minutes + each.open_minutes * (place + 0.5) / number)
        for each in empty(cafe, day)
        for number in [round(count(each.weight, each.hour))]
        for place in range(number)
    ]


def hours(
    cafe: Cafe,
    day: date,
    count: Callable[[float, int], float] = as_usual,
    *,
    as_of: datetime | None = None,
    away: Sequence[Window] = (),
) -> list[OpenHour]:
    """Return a day's hours with their feedback."""
    moment = as_of or day_bounds(day)[1] + SETTLED
    return open_hours(cafe, day=day, as_of=moment, sent=sent(cafe, day, count), away=away)


def past(
    cafe: Cafe,
    days: Mapping[date, Callable[[float, int], float]],
    *,
    away: Mapping[date, Sequence[Window]] = MappingProxyType({}),
) -> dict[date, list[PastHour]]:
    """Return earlier days as the expectation reads them."""
    return {
        day: [
            PastHour(each.hour, each.weight, each.feedbacks) for each in hours(cafe, day, count, away=away.get(day, ()))
        ]
        for day, count in days.items()
    }


def weekdays_before(day: date, number: int) -> list[date]:
    """Return the last Mondays to Fridays before a day, latest first."""
    back = (day - timedelta(days=ago) for ago in range(1, 100))
    return [each for each in back if each.weekday() < 5][:number]
