"""The simulator for large days, as columns: ten thousand cafés, a million sessions.

Benchmarks of the lake, of windows over days and of the landing need such days (`pilot simulate --sessions`, `pilot
bench lake`). `proving.simulator.pilot_days` cannot make them: it makes a Python object for each of a day's 14 million
events and keeps a day in memory. Large days go straight to `raw_events`, without a landing, one part in memory at a
time; they share chances, characters, phrases and happenings with the small ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from pilot.business_days import at_local, day_bounds
from pilot.cafes import Cafe, Cafes
from pilot.events import SCHEMA_VERSION
from pilot.lake_tables.tables import CUSTOMER_COUNTS, RAW_EVENTS
from pilot.opening_hours import hours_on
from pipelines.shapes import schema
from proving.simulator import chances
from proving.simulator.chances import PEAK_WEIGHT
from proving.simulator.effects import CafeDays, cafe_days, characters
from proving.simulator.happenings import Window, failing, outage, ring, trend
from proving.simulator.identifier_columns import uuid7_column
from proving.simulator.many_guests import Guests, Habits
from proving.simulator.many_visits import visits
from proving.simulator.phrases import Phrases, phrases
from proving.simulator.speech import topics
from proving.simulator.visit import EDGE

PART_EVENTS = 400_000  # Events made at a time, about 300 MB.
EVENTS_A_GUEST = 14
RING_PAUSE_MINUTES = 5  # From one of a ring's sessions to the next.
LAST_MINUTES = 3  # Nobody opens the page in the last minutes before closing.
MINUTE_MS = 60_000
SECOND_MS = 1_000


@dataclass(frozen=True, slots=True)
class LargeDay:
    """The parameters of a simulated day.

    Attributes:
        cafes: The cafés, sorted by id.
        day: The business day.
        seed: The same seed gives the same rows.
        guests: The total number of guests; None for the cafés' bands.
        habits: The share of guests who start, and their numbers of turns.
        probe_seconds: The interval between probes of a café's page.
    """

    cafes: Cafes
    day: date
    seed: int
    guests: int | None = None
    habits: Habits = field(default_factory=Habits)
    probe_seconds: int = 600

    def rng(self, *parts: int) -> np.random.Generator:
        """Return the random generator for a part of this day."""
        return np.random.default_rng([self.seed, self.day.toordinal(), *parts])


@dataclass(frozen=True, slots=True)
class Crowd:
    """The day's effects, and the number of guests who open each café's page."""

    of_day: CafeDays
    opened: npt.NDArray[np.int64]


def crowd(large: LargeDay) -> Crowd:
    """Draw the day of every café."""
    rng = large.rng(0)
    bands = np.array([_middle(cafe) for cafe in large.cafes.cafe])
    of_day = cafe_days(rng, of=characters(bands=bands), day=large.day)
    shut = np.array([hours_on(cafe, large.day).window is None for cafe in large.cafes.cafe])
    started = np.where(shut, 0.0, of_day.volume / of_day.completion)
    if large.guests is None:
        return Crowd(of_day, np.rint(started / large.habits.started).astype(np.int64))
    return Crowd(of_day, rng.multinomial(large.guests, started / started.sum()))


def customer_counts(large: LargeDay, drawn: Crowd) -> pl.DataFrame:
    """Return the day's CUSTOMER_COUNTS rows; a café without a report has none."""
    there = np.flatnonzero(drawn.of_day.counted)
    customers = np.rint(drawn.opened * large.habits.started / drawn.of_day.participation).astype(np.int64)[there]
    rows = pl.DataFrame({"cafe": pl.Series(large.cafes.ids).gather(there), "customers": customers}).with_columns(
        day=pl.lit(large.day),
        simulated=pl.lit(value=True),
        source=pl.lit("simulator"),
        reported_at=pl.lit(day_bounds(large.day)[1]),
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in schema(CUSTOMER_COUNTS).items())


def event_parts(large: LargeDay, drawn: Crowd) -> Iterator[pl.DataFrame]:
    """Yield the day's RAW_EVENTS, some cafés at a time, in the order of their ids."""
    stock = phrases(large.seed, cafes=_templates(large.cafes))
    down = _millis(outage(large.seed, day=large.day))
    ends = np.cumsum(drawn.opened * EVENTS_A_GUEST + 86_400 // large.probe_seconds)
    part = ends // PART_EVENTS
    for number in np.unique(part):
        places = np.flatnonzero(part == number)
        yield _part(large, drawn, places, stock=stock, down=down)


def _part(
    large: LargeDay, drawn: Crowd, places: npt.NDArray[np.int64], *, stock: Phrases, down: tuple[int, int] | None
) -> pl.DataFrame:
    rng = large.rng(1, int(places[0]))
    of_day = drawn.of_day
    cafe = np.repeat(places, drawn.opened[places])
    rings = np.array([0 if down else _ring(large, place, guests=drawn.opened[place]) for place in places])
    arrived = [
        _arrivals(rng, large.cafes.cafe[place], large.day, drawn.opened[place], down=down, ring=members)
        for place, members in zip(places, rings, strict=True)
    ]
    opened = np.concatenate(arrived)
    failed = _millis(failing(large.seed, day=large.day))
    trends = [trend(large.seed, cafe=large.cafes.cafe[place].id, day=large.day) for place in places]
    english = np.array([chances.SHARE_ENGLISH.get(each.city, 0.15) for each in large.cafes.cafe])
    guests = Guests(
        cafe=cafe,
        opened=opened,
        english=english[cafe],
        completion=of_day.completion[cafe],
        slowness=of_day.slowness[cafe],
        depth=of_day.depth[cafe],
        trouble=np.zeros(len(cafe))
        if failed is None
        else np.where((opened >= failed[0]) & (opened < failed[1]), chances.FAILING_TURNS, 0.0),
        topic=np.repeat([topics().index(each.topic) for each in trends], drawn.opened[places]),
        trending=np.repeat([each.share for each in trends], drawn.opened[places]),
        ring=_members(rings, drawn.opened[places]),
    )
    ids = pl.Series(large.cafes.ids)
    segment = f"day={large.day}/simulated-{int(places[0])}"
    visited = visits(rng, guests=guests, ids=ids, phrases=stock, habits=large.habits, segment=segment)
    probed = _probes(rng, large, ids.gather(places), down=down, segment=segment)
    events = pl.concat([visited, probed]).with_columns(day=pl.lit(large.day))
    return events.select(pl.col(name).cast(kind) for name, kind in schema(RAW_EVENTS).items())


def _ring(large: LargeDay, place: int, *, guests: int) -> int:
    """Return the number of a café's first guests who form a ring; 0 if too few come."""
    members = ring(large.seed, cafe=large.cafes.cafe[place].id, day=large.day)
    return members if members < guests else 0


def _members(rings: npt.NDArray[np.int64], opened: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return for each guest the index of the guest whose story is repeated; -1 for honest guests."""
    of = np.full(opened.sum(), -1, dtype=np.int64)
    for first, members in zip(np.cumsum(opened) - opened, rings, strict=True):
        of[first : first + members] = first
    return of


def _millis(window: Window | None) -> tuple[int, int] | None:
    if window is None:
        return None
    return int(window.begins.timestamp()) * SECOND_MS, int(window.ends.timestamp()) * SECOND_MS


def _arrivals(
    rng: np.random.Generator, cafe: Cafe, day: date, guests: int, *, down: tuple[int, int] | None, ring: int
) -> npt.NDArray[np.int64]:
    """Draw when a café's guests open the page, in milliseconds: mostly in peaks, never while it is down.

    The first `ring` guests come one after the other.
    """
    window = hours_on(cafe, day).window
    if window is None or not guests:
        return np.empty(0, dtype=np.int64)
    opens, closes = (60 * wall.hour + wall.minute for wall in window)
    minutes = np.arange(opens, closes - LAST_MINUTES)
    weights = np.ones(len(minutes))
    for first, last in cafe.peaks:
        peak = (minutes >= 60 * first.hour + first.minute) & (minutes < 60 * last.hour + last.minute)
        weights[peak] = PEAK_WEIGHT
    # Every café opens after the clock change, so all minutes from opening on exist.
    start = int(at_local(day, window[0]).timestamp() * SECOND_MS)
    if down is not None:
        begins = start + (minutes - opens) * MINUTE_MS
        weights[(begins + MINUTE_MS > down[0]) & (begins < down[1])] = 0
    drawn = rng.choice(minutes - opens, p=weights / weights.sum(), size=guests)
    if ring:
        latest = max(0, len(minutes) - ring * RING_PAUSE_MINUTES)
        drawn[:ring] = min(drawn[0], latest) + RING_PAUSE_MINUTES * np.arange(ring)
    millis: npt.NDArray[np.int64] = start + drawn * MINUTE_MS + rng.integers(0, MINUTE_MS, guests)
    return millis


def _probes(
    rng: np.random.Generator, large: LargeDay, ids: pl.Series, *, down: tuple[int, int] | None, segment: str
) -> pl.DataFrame:
    """Return the probes of these cafés' pages, each café's at regular moments of the day."""
    start, end = (int(moment.timestamp()) * SECOND_MS for moment in day_bounds(large.day))
    once = np.arange(start, end, large.probe_seconds * SECOND_MS)
    millis = np.tile(once, len(ids))
    failed = np.zeros(len(millis), dtype=bool) if down is None else (millis >= down[0]) & (millis < down[1])
    took = pl.Series(np.where(failed, 5000.0, rng.uniform(4, 30, len(millis)))).round(1).cast(pl.String)
    outcomes = pl.Series(('true,"status":200', 'false,"status":null')).gather(failed.astype(np.int64))
    failures = pl.Series(("", "timed_out")).gather(failed.astype(np.int64))
    frame = pl.DataFrame({"millis": millis, "outcome": outcomes, "took": took, "failure": failures})
    return frame.select(
        event_id=uuid7_column(rng, millis=millis),
        event=pl.lit("probe"),
        at=pl.from_epoch("millis", time_unit="ms").dt.cast_time_unit("us").dt.replace_time_zone("UTC"),
        session_id=uuid7_column(rng, millis=millis),
        cafe=ids.gather(np.repeat(np.arange(len(ids)), len(once))),
        edge=pl.lit(EDGE),
        epoch=pl.lit(1, pl.Int64),
        seq=pl.lit(0, pl.Int64),
        simulated=pl.lit(value=True),
        schema_version=pl.lit(SCHEMA_VERSION, pl.Int64),
        data=pl.concat_str(
            pl.lit('{"target":"customer_page","ok":'),
            "outcome",
            pl.lit(',"duration_ms":'),
            "took",
            pl.lit(f',"every_seconds":{large.probe_seconds},"failure":"'),
            "failure",
            pl.lit('"}'),
        ),
        segment=pl.lit(segment),
    )


def _middle(cafe: Cafe) -> float:
    band = cafe.expected_feedbacks_per_day
    return (band.low + band.high) / 2


def _templates(cafes: Cafes) -> tuple[Cafe, ...]:
    """Return one café for each set of specialties: copies of a café share its phrases."""
    return tuple({cafe.specialties: cafe for cafe in cafes.cafe}.values())
