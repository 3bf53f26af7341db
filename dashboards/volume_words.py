"""An odd stretch of a café's day in a sentence, with what to look at."""

from __future__ import annotations

from datetime import timedelta

from dashboards.formatting import number
from dashboards.visit import Visit
from pilot.business_days import local_time
from pipelines.volume.episodes import Episode


def episode_in_words(visit: Visit, episode: Episode) -> str:
    """Return between which hours how much came, how much was to be expected, and what to do."""
    low, high = round(episode.expected_low), round(episode.expected_high)
    # The hour that ends at midnight is the day's 24th, not the next day's first.
    last = local_time(episode.end - timedelta.resolution).hour + 1
    return visit.say(
        f"day.volume.{episode.direction}",
        first=local_time(episode.start).hour,
        last=last,
        came=_came(visit, episode.feedbacks),
        expected=str(high) if low == high else f"{low}–{high}",
    )


def _came(visit: Visit, count: int) -> str:
    if count < 2:
        return visit.say("day.volume.one" if count else "day.volume.none")
    return visit.say("day.volume.some", count=number(count, language=visit.language))
