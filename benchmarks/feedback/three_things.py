"""Measures the week's three things against a plain baseline, on simulated cafés.

    python -m benchmarks.feedback.three_things [--seeds 5] [--first-seed 900] [--weeks 12] [--json]

The simulator has each café's trending topic by day. A week counts as one of a rise if its topic's share is at least
RISE above that of the four weeks before; the choice must then propose the topic. The baseline is the three themes
with the most negative mentions. An urgent matter takes one of the choice's three places. Everything between the
guests' words and the themes is the product's own. About one minute a seed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pilot.business_days import day_bounds, days_between
from pilot.cafes import Cafes
from pipelines.cases.feedback_claims import FEEDBACK_COLUMNS, complaints, counted, four_weeks_before, week_before
from pipelines.cases.proposals import MOST_PROPOSALS, NOT_A_THING, three_things
from pipelines.scoring import SessionText, score_many
from pipelines.statistics.intervals import wilson
from proving.simulator.happenings import trend
from proving.simulator.pilot_days import SimulatedDay, simulate
from storage.cafes_file import read_cafes

ROOT = Path(__file__).parents[2]
FIRST_MONDAY = date(2026, 3, 2)
RISE = 0.25  # of the guests with something to say
WARM_UP_WEEKS = 5


@dataclass(frozen=True, slots=True)
class Week:
    """One café's week: its true topic, and both choices."""

    cafe: str
    topic: str
    rise: float
    chosen: tuple[str, ...]
    rising: tuple[str, ...]
    baseline: tuple[str, ...]


def scored_days(cafes: Cafes, *, seed: int, weeks: int) -> Mapping[str, pl.DataFrame]:
    """Return each café's FEEDBACK_COLUMNS, scored from what the simulated guests said."""
    last = FIRST_MONDAY + timedelta(weeks=weeks) - timedelta(days=1)
    codes = {cafe.id: "ABC234" for cafe in cafes.cafe}
    until = day_bounds(last)[1]
    rows: dict[str, list[tuple[Any, ...]]] = {cafe.id: [] for cafe in cafes.cafe}
    for day in simulate(cafes, codes=codes, first_day=FIRST_MONDAY, last_day=last, until=until, seed=seed):
        for cafe, session, text in _sent(cafes, day):
            rows[cafe].append((day.day, session, text))
    types = {"day": pl.Date, "session_id": pl.String, "themes": pl.String}
    lists = {"flags": pl.List(pl.String), "signals": pl.List(pl.String)}
    frames = {}
    for cafe, sent in rows.items():
        scores = score_many([text for *_, text in sent])
        frames[cafe] = pl.DataFrame(
            [
                (day, session, json.dumps(score.themes), list(score.flags), list(score.signals))
                for (day, session, _), score in zip(sent, scores, strict=True)
            ],
            schema={**types, **lists},
            orient="row",
        ).select(FEEDBACK_COLUMNS)
    return frames


def _sent(cafes: Cafes, day: SimulatedDay) -> Iterator[tuple[str, str, SessionText]]:
    known = {cafe.id: cafe for cafe in cafes.cafe}
    said: dict[str, dict[int, str]] = {}
    languages: dict[str, Any] = {}
    for event in day.events:
        if event.event == "utterance_committed":
            said.setdefault(event.session_id, {})[event.data["turn"]] = event.data["transcript"]
            languages[event.session_id] = event.data["language"]
    for cafe, sent in day.sent.items():
        for session in sent:
            turns = said.get(session, {})
            texts = [turns[turn] for turn in sorted(turns)]
            yield cafe, session, SessionText(texts, languages.get(session, "sv"), known[cafe])


def judge(cafe: str, feedback: pl.DataFrame, *, week: date, seed: int) -> Week:
    """Return a week's truth and both choices."""
    first, last = week_before(week)
    recent = counted(feedback, first=first, last=last)
    said = {theme: len(sessions) for theme, sessions in complaints(recent).items() if theme != NOT_A_THING}
    baseline = tuple(sorted(said, key=lambda theme: (-said[theme], theme))[:MOST_PROPOSALS])
    items = [each for each in three_things(feedback, week=week).items if not each.is_urgent]
    topic = trend(seed, cafe=cafe, day=last).topic
    rise = _share(seed, cafe, topic, (first, last)) - _share(seed, cafe, topic, four_weeks_before(week))
    rising = tuple(each.subject for each in items if each.whys[1].code == "rising")
    return Week(cafe, topic, rise, tuple(each.subject for each in items), rising, baseline)


def _share(seed: int, cafe: str, topic: str, days: tuple[date, date]) -> float:
    trends = [trend(seed, cafe=cafe, day=day) for day in days_between(*days)]
    return sum(each.share for each in trends if each.topic == topic) / len(trends)


def figures(weeks: Sequence[Week]) -> dict[str, Any]:
    """Return how often each choice names the true rise, and how often a rise is named without one."""
    rises = [week for week in weeks if week.rise >= RISE]
    calm = [week for week in weeks if week.rise <= 0]
    return {
        "weeks": len(weeks),
        "rises": len(rises),
        "among the three": _rate([week.topic in week.chosen for week in rises]),
        "baseline among the three": _rate([week.topic in week.baseline for week in rises]),
        "first": _rate([week.topic == next(iter(week.chosen), "") for week in rises]),
        "baseline first": _rate([week.topic == next(iter(week.baseline), "") for week in rises]),
        "named as rising": _rate([week.topic in week.rising for week in rises]),
        "calm weeks": len(calm),
        "calm weeks with a rise named": _rate([bool(week.rising) for week in calm]),
        "calm weeks with a rise of another topic": _rate([bool({*week.rising} - {week.topic}) for week in calm]),
    }


def _rate(hits: Sequence[bool]) -> dict[str, float] | None:
    if not hits:
        return None
    low, high = wilson(sum(hits), len(hits))
    return {"share": round(sum(hits) / len(hits), 3), "low": round(low, 3), "high": round(high, 3)}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=900)
    parser.add_argument("--weeks", type=int, default=18)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    cafes = read_cafes(ROOT / "cafes.toml")
    weeks: list[Week] = []
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        for cafe, feedback in scored_days(cafes, seed=seed, weeks=given.weeks).items():
            for place in range(WARM_UP_WEEKS, given.weeks + 1):
                week = FIRST_MONDAY + timedelta(weeks=place)
                weeks.append(judge(cafe, feedback, week=week, seed=seed))
    found = figures(weeks)
    print(json.dumps(found, indent=2) if given.json else "\n".join(f"{name}: {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
