"""The figures of a café's day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dashboards.reading.cafe_day import TABLES, cafe_day
from dashboards.reading.satisfaction import TABLES as SATISFACTION_TABLES
from dashboards.reading.satisfaction import period
from dashboards.reading.volume import TABLES as VOLUME_TABLES
from dashboards.reading.volume import volume_episodes
from proving.analytics.kpi_queries import KPI_FIGURES
from proving.analytics.registration import Choice, Query, Reader, Reading
from proving.analytics.shared_queries import (
    FEEDBACK,
    FEEDBACK_COLUMNS,
    PERIOD,
    WORDS,
    compared,
    extent_of,
    satisfaction_queries,
)

PAGE = "cafe_day.py"
OF_DAY = "where f.day between $first and $last"
CHOSEN = "that of the same session in the list of feedback"
CARDS = {"sent_at", "language", "mode", "score", "actionability", "aspects", "signals", "flags", "satisfaction"}
CARDS |= {"is_actionable", "urgent", "turns"}


def _shown(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        return cafe_day(
            snapshot, snapshot.key, cafes=choice.cafes, day=choice.last, simulated=choice.simulated,
            cover=reader.cover,
        )  # fmt: skip


def _episodes(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*VOLUME_TABLES, choice=choice) as snapshot:
        return volume_episodes(
            snapshot, snapshot.key, cafe=choice.cafes[0], day=choice.last, simulated=choice.simulated
        )


def _happy(reader: Reader, choice: Choice) -> Any:
    before = (choice.first - choice["before"]).days
    with reader.snapshot(*SATISFACTION_TABLES, choice=choice, before=before) as snapshot:
        return period(
            snapshot,
            snapshot.key,
            cafe=choice.cafes[0],
            first=choice.first,
            last=choice.last,
            simulated=choice.simulated,
        )


def _chosen(condition: str, order: str, *, fill: bool) -> str:
    """Return the query of the few shown first: each of other aspects, then the rest if there are too few."""
    left = "" if fill else "where nth = 1"
    return f"""
        with ranked as (
            select *, row_number() over (order by {order}, completed_at, session_id) as rank
            from ({FEEDBACK}) as f {OF_DAY} and {condition}
        ), apart as (select *, row_number() over (partition by aspects order by rank) as nth from ranked)
        select session_id from apart {left} order by nth > 1, rank limit 3
    """  # noqa: S608


READINGS = (
    extent_of(PAGE),
    Reading(
        page=PAGE,
        name="day",
        function=cafe_day,
        choices=lambda reader: reader.each_cafe_and_day(),
        shown=_shown,
        no_figures={
            "feedback.turns": WORDS,
            **{f"{part}.{name}": CHOSEN for part in ("act_first", "praised") for name in (*CARDS, "covered")},
        },
        queries=(
            Query(
                part="funnel",
                sql=f"""
                    select count(*) as opened, coalesce(sum((outcome <> 'opened_only')::int), 0)::bigint as started,
                        coalesce(sum((consent is true)::int), 0)::bigint as consented,
                        coalesce(sum((first_turn_at is not null)::int), 0)::bigint as spoke,
                        coalesce(sum((outcome = 'completed')::int), 0)::bigint as completed
                    from sessions where {PERIOD}
                """,  # noqa: S608
            ),
            Query(
                part="completion",
                sql=f"select * from ({KPI_FIGURES}) where kpi = 'completion'",  # noqa: S608
                key=("day", "cafe"),
            ),
            Query(sql=f"select sum(score) / count(*) as average_score from scored_feedback where {PERIOD}"),  # noqa: S608
            Query(
                part="hours",
                sql=f"""
                    select date_part('hour', timezone('Europe/Stockholm', started_at)) as hour,
                        count(completed_at) filter (outcome = 'completed') as completed,
                        count(*) filter (outcome <> 'completed') as left
                    from sessions where {PERIOD} and started_at is not null group by 1
                """,  # noqa: S608
                key=("hour",),
            ),
            Query(part="feedback", sql=f"{FEEDBACK_COLUMNS} {OF_DAY}", key=("session_id",)),
            Query(
                part="act_first",
                sql=_chosen("is_actionable", "actionability desc, score desc", fill=True),
                key=("session_id",),
            ),
            Query(
                part="praised",
                sql=_chosen(
                    "satisfaction = 'positive' and len(signals) = 0 and len(urgent) = 0", "score desc", fill=False
                ),
                key=("session_id",),
            ),
            Query(
                part="aspect_counts",
                sql=f"""
                    select aspect, count(*) as itself
                    from (select unnest(aspects) as aspect from scored_feedback where {PERIOD} and len(signals) = 0)
                    group by aspect
                """,  # noqa: S608
                key=("aspect",),
            ),
        ),
    ),
    Reading(
        page=PAGE,
        name="volume",
        function=volume_episodes,
        choices=lambda reader: reader.each_cafe_and_day(),
        shown=_episodes,
        queries=(
            Query(
                sql=f"""
                    with odd as (
                        select verdict as direction, arg_min(since, (surprise, starts_at)) as start,
                            max(starts_at) as latest, min(surprise) as rarity, any_value(day) as day,
                            any_value(cafe) as cafe
                        from volume_anomalies where {PERIOD} and verdict in ('low', 'high') group by verdict
                    )
                    select odd.day, odd.cafe, direction, start, latest + interval 1 hour as end, rarity as surprise,
                        sum(v.feedbacks)::bigint as feedbacks, sum(v.expected) as expected,
                        sum(v.expected_low) as expected_low, sum(v.expected_high) as expected_high
                    from odd join volume_anomalies v on v.cafe = odd.cafe and v.day = odd.day
                        and v.simulated = $simulated and v.starts_at between start and latest
                        and v.verdict <> 'too_little_open'
                    group by all
                """,  # noqa: S608
                key=("day", "cafe", "direction"),
            ),
        ),
    ),
    Reading(
        page=PAGE,
        name="happier",
        function=period,
        choices=lambda reader: [
            compared(Choice(one.cafes, one.last - timedelta(days=6), one.last, one.simulated), days_before=28)
            for one in reader.each_cafe_and_day()
        ],
        shown=_happy,
        queries=satisfaction_queries(),
    ),
)
