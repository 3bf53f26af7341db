"""False alarms about feedback volume, and which troubles are found how soon, on simulated cafés.

    python -m benchmarks.platform.volume_alarms --pilots 100 [--days 45] [--json]

Every pilot is the pilot's own three cafés from its first day on, Christmas included, drawn from the simulator's
effects. Three worlds: `simulated` is the simulator as it is; in `rough` each café has a level of its own within its
band, peaks of its own height and luck by the hour, none of which the expectation is told; in `troubled` one earlier
day in ten of the same had a trouble that nobody recorded. Every day is judged as it is and again with each trouble in
it; the expectation is that of the days before. A false alarm is a café-day and direction with an alarm where nothing
was wrong.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from pilot.business_days import at_local, day_bounds, days_between
from pilot.cafes import Cafe, Cafes, parse_cafes
from pilot.opening_hours import hours_on
from pipelines.volume.expectation import PastHour, expectation
from pipelines.volume.open_hours import SETTLES_AFTER_MINUTES, OpenHour, Window, open_hours
from pipelines.volume.verdicts import HourVerdict, judge_hours
from proving.simulator import chances
from proving.simulator.effects import cafe_days, characters

ROOT = Path(__file__).resolve().parents[2]
FIRST_DAY = date(2026, 11, 23)
SEED = 20261123
GONE_AT = time(11)
BURST_HOURS = 2
BURST_TIMES = 3
OUTAGE_HOURS = 3
HALF = 0.5
LAST_MINUTES = 3  # nobody opens the page this shortly before closing
TALK_MINUTES = 2.0
SETTLED_AFTER = timedelta(hours=12)
DAYS_A_WEEK = 7

Moments = list[datetime]


@dataclass(frozen=True, slots=True)
class World:
    """How cafés are, beside what the simulator says: spreads of what the expectation is not told.

    Attributes:
        level: A café's own level, as a share of the middle of its band, either way.
        peaks: The least and the most that a minute of a peak weighs.
        hour_spread: Standard deviation of the logarithm of an hour's own luck.
        troubled: The share of earlier days with a trouble that nobody recorded.
    """

    level: float = 0.0
    peaks: tuple[float, float] = (chances.PEAK_WEIGHT, chances.PEAK_WEIGHT)
    hour_spread: float = 0.0
    troubled: float = 0.0


ROUGH = {"level": 0.2, "peaks": (2.0, 6.0), "hour_spread": 0.2}
WORLDS = {"simulated": World(), "rough": World(**ROUGH), "troubled": World(**ROUGH, troubled=0.1)}  # type: ignore[arg-type]


@dataclass(slots=True)
class Tally:
    """What was counted of one kind of expectation."""

    days: int = 0
    alarms: dict[str, int] = field(default_factory=lambda: {"low": 0, "high": 0})
    tried: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def figures(self) -> dict[str, Any]:
        """Return the tally as shares and medians."""
        weeks = self.days / DAYS_A_WEEK or 1
        found = {
            name: {"days": tried, "found": round(len(self.waits[name]) / tried, 3)}
            | ({"hours_median": round(median(self.waits[name]), 1)} if self.waits[name] else {})
            for name, tried in self.tried.items()
        }
        return {
            "cafe_days": self.days,
            "false_alarms_a_cafe_week": {name: round(count / weeks, 3) for name, count in self.alarms.items()},
            "troubles": found,
        }


@dataclass(frozen=True, slots=True)
class Trouble:
    """A day with a fault: the sent feedback, the closed hours, the fault's start and its expected alarm."""

    sent: Moments
    since: datetime
    deserves: str
    away: tuple[Window, ...] = ()


def run(*, pilots: int, days: int = 45, seed: int = SEED, worlds: Sequence[str] = tuple(WORLDS)) -> dict[str, Any]:
    """Return false alarms a café-week and troubles found, by world and by what was expected from.

    Args:
        pilots: How many pilots are drawn.
        days: How long each takes.
        seed: Where chance begins.
        worlds: Which of `WORLDS`.
    """
    cafes = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
    found: dict[str, Any] = {"pilots": pilots, "days": days, "cafes": len(cafes.cafe)}
    for name in worlds:
        tallies = {"band": Tally(), "history": Tally()}
        rng = np.random.default_rng(seed)
        for _ in range(pilots):
            _one_pilot(rng, cafes, WORLDS[name], days=days, tallies=tallies)
        found[name] = {basis: tally.figures() for basis, tally in tallies.items()}
    return found


def _one_pilot(rng: np.random.Generator, cafes: Cafes, world: World, *, days: int, tallies: dict[str, Tally]) -> None:
    past: dict[str, dict[date, list[PastHour]]] = {cafe.id: {} for cafe in cafes.cafe}
    for day, cafe, sent in _days(rng, cafes, world, days=days):
        hours = _hours(cafe, day, sent)
        by = expectation(cafe, day=day, past=past[cafe.id])
        assert by is not None
        tally = tallies[by.basis]
        tally.days += 1
        for verdict in {each.verdict for each in judge_hours(hours, by=by)} & {"low", "high"}:
            tally.alarms[verdict] += 1
        troubles = {name: wrong(rng, cafe, day, sent) for name, wrong in TROUBLES.items()}
        for name, trouble in troubles.items():
            wrong_hours = _hours(cafe, day, trouble.sent, away=trouble.away)
            tally.tried[name] += 1
            wait = _wait(wrong_hours, judge_hours(wrong_hours, by=by), trouble)
            if wait is not None:
                tally.waits[name].append(wait)
        if rng.uniform() < world.troubled:
            hours = _hours(cafe, day, troubles[list(UNRECORDED)[rng.integers(len(UNRECORDED))]].sent)
        past[cafe.id][day] = [PastHour(each.hour, each.weight, each.feedbacks) for each in hours]


def _days(rng: np.random.Generator, cafes: Cafes, world: World, *, days: int) -> Iterator[tuple[date, Cafe, Moments]]:
    bands = [(cafe.expected_feedbacks_per_day.low + cafe.expected_feedbacks_per_day.high) / 2 for cafe in cafes.cafe]
    of = characters(bands=np.array(bands))
    levels = 1 + world.level * rng.uniform(-1, 1, len(bands))
    peaks = rng.uniform(*world.peaks, len(bands))
    for day in days_between(FIRST_DAY, FIRST_DAY + timedelta(days=days - 1)):
        drawn = cafe_days(rng, of=of, day=day)
        started = rng.poisson(drawn.volume * levels / drawn.completion)
        completed = rng.binomial(started, drawn.completion)
        for place, cafe in enumerate(cafes.cafe):
            if hours_on(cafe, day).window is not None:
                yield day, cafe, _sent(rng, cafe, day, completed[place], peak=peaks[place], spread=world.hour_spread)


def _sent(rng: np.random.Generator, cafe: Cafe, day: date, count: int, *, peak: float, spread: float) -> Moments:
    """Draw when a café's feedbacks of a day are sent: thickest in its peaks, with luck by the hour."""
    window = hours_on(cafe, day).window
    assert window is not None
    opens, closes = (60 * wall.hour + wall.minute for wall in window)
    minutes = np.arange(opens, closes - LAST_MINUTES)
    weights = np.ones(len(minutes))
    for first, last in cafe.peaks:
        weights[(minutes >= 60 * first.hour + first.minute) & (minutes < 60 * last.hour + last.minute)] = peak
    weights *= np.exp(rng.normal(0, spread, 24))[minutes // 60]
    drawn = rng.choice(minutes - opens, p=weights / weights.sum(), size=count) + rng.uniform(0, TALK_MINUTES, count)
    start = at_local(day, window[0])
    return sorted(start + timedelta(minutes=float(each)) for each in drawn)


def _hours(cafe: Cafe, day: date, sent: Moments, *, away: tuple[Window, ...] = ()) -> list[OpenHour]:
    return open_hours(cafe, day=day, as_of=day_bounds(day)[1] + SETTLED_AFTER, sent=sent, away=away)


def _wait(hours: Sequence[OpenHour], found: Sequence[HourVerdict], trouble: Trouble) -> float | None:
    """Return the hours from a fault's start to its alarm; None without an alarm of the right kind."""
    for hour, each in zip(hours, found, strict=True):
        ends = hour.starts_at + timedelta(hours=1)
        alarmed = each.verdict in ("low", "high") if not trouble.deserves else each.verdict == trouble.deserves
        if alarmed and ends > trouble.since:
            return (ends - trouble.since) / timedelta(hours=1) + SETTLES_AFTER_MINUTES / 60
    return None


def _gone(rng: np.random.Generator, cafe: Cafe, day: date, sent: Moments) -> Trouble:
    since = at_local(day, GONE_AT)
    return Trouble([each for each in sent if each < since], since, "low")


def _halved(rng: np.random.Generator, cafe: Cafe, day: date, sent: Moments) -> Trouble:
    return Trouble([each for each in sent if rng.uniform() < HALF], _opens(cafe, day), "low")


def _burst(rng: np.random.Generator, cafe: Cafe, day: date, sent: Moments) -> Trouble:
    start, end = _stretch(rng, cafe, day, hours=BURST_HOURS)
    more = [each for each in sent if start <= each < end] * (BURST_TIMES - 1)
    return Trouble(sorted([*sent, *more]), start, "high")


def _outage(rng: np.random.Generator, cafe: Cafe, day: date, sent: Moments) -> Trouble:
    start, end = _stretch(rng, cafe, day, hours=OUTAGE_HOURS)
    # What it deserves is nothing: any alarm counts as found.
    return Trouble([each for each in sent if not start <= each < end], start, "", away=((start, end),))


def _stretch(rng: np.random.Generator, cafe: Cafe, day: date, *, hours: int) -> Window:
    window = hours_on(cafe, day).window
    assert window is not None
    latest = (at_local(day, window[1]) - _opens(cafe, day)) / timedelta(hours=1) - hours
    start = _opens(cafe, day) + timedelta(hours=rng.uniform(0, latest))
    return start, start + timedelta(hours=hours)


def _opens(cafe: Cafe, day: date) -> datetime:
    window = hours_on(cafe, day).window
    assert window is not None
    return at_local(day, window[0])


Wrong = Callable[[np.random.Generator, Cafe, date, Moments], Trouble]
UNRECORDED: dict[str, Wrong] = {
    "sign gone from 11": _gone,
    "halved all day": _halved,
    "three times in two hours": _burst,
}
TROUBLES: dict[str, Wrong] = {**UNRECORDED, "outage recorded, three hours (no alarm is right)": _outage}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pilots", type=int, default=100)
    parser.add_argument("--days", type=int, default=45)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(pilots=given.pilots, days=given.days)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['pilots']} pilots of {found['cafes']} cafés, {found['days']} days")
    for world in WORLDS:
        for basis, figures in found[world].items():
            print(
                f"{world}, {basis}: {figures['cafe_days']} café-days, {figures['false_alarms_a_cafe_week']} a café-week"
            )
            for name, each in figures["troubles"].items():
                print(f"    {name}: {each}")


if __name__ == "__main__":
    main()
