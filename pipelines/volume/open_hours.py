"""A café's day as open hours, and the usable minutes of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal

from pilot.business_days import at_local, local_time
from pilot.cafes import Cafe
from pilot.cafes import Window as Hours
from pilot.opening_hours import EVES, GRACE_MINUTES, holidays_of, hours_on
from pipelines.coverage import clip_windows, intersect_windows, merge_windows

PEAK_WEIGHT = 4.0  # the expected feedback of a peak minute, as a multiple of another minute's
SETTLES_AFTER_MINUTES = 30  # a replica publishes within half a minute; a guest's connection may be away for longer
HOUR = timedelta(hours=1)

Window = tuple[datetime, datetime]
Kind = Literal["weekday", "saturday", "sunday_or_holiday", "eve", "special"]


@dataclass(frozen=True, slots=True)
class OpenHour:
    """The elapsed open part of one clock hour.

    Attributes:
        starts_at: The start of the hour, UTC.
        hour: The hour in Stockholm time.
        open_minutes: Elapsed minutes within the opening hours.
        away_minutes: Open minutes in which no guest could speak.
        weight: The other open minutes, with peak minutes counted `PEAK_WEIGHT` times.
        feedbacks: Feedbacks sent.
        settled: Whether the hour is over and its feedback has had time to arrive.
    """

    starts_at: datetime
    hour: int
    open_minutes: float
    away_minutes: float
    weight: float
    feedbacks: int
    settled: bool

    @property
    def usable_minutes(self) -> float:
        """Return the minutes in which a guest could speak."""
        return self.open_minutes - self.away_minutes


def open_hours(
    cafe: Cafe, *, day: date, as_of: datetime, sent: Sequence[datetime], away: Iterable[Window] = ()
) -> list[OpenHour]:
    """Return the café's open hours of `day`, in order, up to `as_of`; none on a closed day.

    Feedback sent between closing and the end of the doors' grace period counts in the last hour.

    Args:
        cafe: The café.
        day: The business day.
        as_of: The moment up to which the day is judged, aware.
        sent: The times at which the day's feedbacks were sent.
        away: The windows in which no guest could speak: outages, maintenance, pauses; in any order, overlaps allowed.
    """
    window = hours_on(cafe, day).window
    if window is None:
        return []
    opens, closes = at_local(day, window[0]), at_local(day, window[1])
    last = _hour_of(closes - timedelta.resolution)
    doors_close = closes + timedelta(minutes=GRACE_MINUTES)
    counted = Counter(min(_hour_of(each), last) for each in sent if opens <= each < min(doors_close, as_of))
    shut = merge_windows(away)
    peaks = merge_windows((at_local(day, first), at_local(day, end)) for first, end in cafe.peaks)
    found = []
    for starts_at in _hours_from(_hour_of(opens), closes):
        until = min(starts_at + HOUR, closes, as_of)
        start = max(starts_at, opens)
        if start >= until:
            break
        lost = clip_windows(shut, start=start, end=until)
        rush = clip_windows(peaks, start=start, end=until)
        open_minutes, away_minutes = minutes([(start, until)]), minutes(lost)
        in_peak = minutes(rush) - minutes(intersect_windows(rush, lost))
        ends = doors_close if starts_at == last else starts_at + HOUR
        found.append(
            OpenHour(
                starts_at=starts_at,
                hour=local_time(starts_at).hour,
                open_minutes=open_minutes,
                away_minutes=away_minutes,
                weight=open_minutes - away_minutes + (PEAK_WEIGHT - 1) * in_peak,
                feedbacks=counted[starts_at],
                settled=as_of >= ends + timedelta(minutes=SETTLES_AFTER_MINUTES),
            )
        )
    return found


def whole_weight(cafe: Cafe, hours: Hours) -> float:
    """Return the weighted minutes of a day with these opening hours, by the wall clock."""
    opens, closes = _minute(hours[0]), _minute(hours[1])
    edges = sorted({opens, closes, *(min(max(_minute(edge), opens), closes) for peak in cafe.peaks for edge in peak)})
    return sum(
        (until - start)
        * (PEAK_WEIGHT if any(_minute(first) <= start < _minute(end) for first, end in cafe.peaks) else 1.0)
        for start, until in pairwise(edges)
    )


def kind_of(cafe: Cafe, day: date) -> Kind:
    """Return the kind of a café's day; a special day has no kind."""
    if any(special.day == day for special in cafe.special_days):
        return "special"
    holiday = holidays_of(day.year).get(day)
    if holiday is not None and holiday.sv in EVES:
        return "eve"
    if holiday is not None or day.weekday() == 6:
        return "sunday_or_holiday"
    return "saturday" if day.weekday() == 5 else "weekday"


def minutes(windows: Iterable[Window]) -> float:
    """Return the total minutes of some windows."""
    return sum((end - start).total_seconds() for start, end in windows) / 60


def _hours_from(first: datetime, end: datetime) -> Iterable[datetime]:
    while first < end:
        yield first
        first += HOUR


def _hour_of(moment: datetime) -> datetime:
    """Return the start of a moment's hour; Stockholm's offset is whole hours, so UTC's hours match."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute
