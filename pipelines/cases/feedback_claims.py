"""Counts complaints by theme in a café's feedback; the rows that the three things are chosen from."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from pilot.business_days import days_between
from pipelines.language.labels import THEMES as THEME_NAMES

FEEDBACK_COLUMNS = ("day", "session_id", "themes", "flags", "signals")
DAYS_A_WEEK = 7
WEEKS_BEFORE = 4  # whole weeks, because weekends differ
HISTORY_DAYS = (WEEKS_BEFORE + 1) * DAYS_A_WEEK  # before the week in which things are to be done
COMPLAINS = ("negative", "mixed")  # A mixed claim has something to mend, too.


def counted(feedback: pl.DataFrame, *, first: date, last: date) -> pl.DataFrame:
    """Return the feedback of some days without those that raised a signal: copies, noise, injections.

    Args:
        feedback: FEEDBACK_COLUMNS of SCORED_FEEDBACK of one café.
        first: The first day.
        last: The last day.
    """
    return feedback.filter(pl.col("day").is_between(first, last) & (pl.col("signals").list.len() == 0))


def complaints(feedback: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the sessions that complain of each theme, sorted; themes without complaints are left out."""
    claims = (
        feedback.lazy()
        .select("session_id", claim=pl.col("themes").fill_null("").str.extract_all(r'"\w+":\s*"\w+"'))
        .explode("claim", empty_as_null=False, keep_nulls=False)
        .select(
            "session_id",
            theme=pl.col("claim").str.extract(r'^"(\w+)"'),
            polarity=pl.col("claim").str.extract(r'"(\w+)"$'),
        )
        .filter(pl.col("polarity").is_in(COMPLAINS) & pl.col("theme").is_in(THEME_NAMES))
        .group_by("theme")
        .agg(pl.col("session_id").unique().sort())
        .sort("theme")
        .collect()
    )
    return {theme: tuple(sessions) for theme, sessions in claims.iter_rows()}


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def feedback_days(week: date) -> tuple[date, ...]:
    """Return the days that the three things of a week are chosen from, its own included."""
    return tuple(days_between(week - timedelta(days=HISTORY_DAYS), week + timedelta(days=DAYS_A_WEEK - 1)))


def week_before(week: date) -> tuple[date, date]:
    """Return the first and the last of the seven days before a Monday."""
    return week - timedelta(days=DAYS_A_WEEK), week - timedelta(days=1)


def four_weeks_before(week: date) -> tuple[date, date]:
    """Return the first and the last of the four weeks before those seven days."""
    first, _ = week_before(week)
    return first - timedelta(days=WEEKS_BEFORE * DAYS_A_WEEK), first - timedelta(days=1)
