"""An hour range with too little or too much feedback, as a sentence with a remedy."""

from __future__ import annotations

from datetime import timedelta

from dashboards.visit import Visit
from pilot.business_days import local_time
from pilot.formatting import number
from pipelines.volume.episodes import Episode


def episode_in_words(visit: Visit, episode: Episode) -> str:
    """Return the hours, the count, the expected count and the remedy in words."""
    low, high = round(episode.expected_low), round(episode.expected_high)
    # The hour that ends at midnight is the day's 24th, not the next day's first.
    last = local_time(episode.end - timedelta.resolution).hour + 1
    return visit.say(
        f"day.volume.{episode.direction}",
        first=local_time(episode.start).hour,
        last=last,
        came=_count_in_words(visit, episode.feedbacks),
        expected=str(high) if low == high else f"{low}–{high}",
    )


def _count_in_words(visit: Visit, count: int) -> str:
    if count < 2:
        return visit.say("day.volume.one" if count else "day.volume.none")
    return visit.say("day.volume.some", count=number(count, language=visit.language))
