"""The figures of the list of sessions that a number opens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboards.choices.session_filter import VALUES
from dashboards.reading.session_list import TABLES, SessionFilter, session_list
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from proving.analytics.shared_queries import (
    CARD,
    FEEDBACK,
    FEEDBACK_COLUMNS,
    PERIOD,
    SCOPE,
    WORDS,
    extent_of,
    total_of,
)

PAGE = "sessions.py"
DAYS = 7
MOST = 40  # sessions compared one by one
MANY = {"hour": ("9", "12"), "theme": ("service", "coffee")}  # of the filters with many values
EMPTY = dict.fromkeys(VALUES, "")

MATCHES = f"""
    with visits as (select * from sessions where {PERIOD}),
    scored as (select * from ({FEEDBACK}) where day between $first and $last),
    ids as (select session_id from visits union select session_id from scored)
    select ids.session_id, coalesce(v.cafe, f.cafe) as cafe, coalesce(v.reference, '') as reference,
        coalesce(f.completed_at, v.completed_at, v.started_at, v.opened_at, v.last_event_at) as "at",
        coalesce(v.mode, '') as mode, coalesce(v.outcome, 'completed') as outcome,
        coalesce((select any_value(r.outcome) from rewards r where r.session_id = ids.session_id and {SCOPE}), '')
            as reward
    from ids left join visits v using (session_id) left join scored f using (session_id)
    where case $step when '' then true when 'started' then v.outcome <> 'opened_only'
            when 'consented' then v.consent is true when 'spoke' then v.first_turn_at is not null
            when 'completed' then coalesce(v.outcome, 'completed') = 'completed'
            when 'decided' then coalesce(v.outcome, 'completed') in ('completed', 'abandoned')
            when 'left' then v.started_at is not null and v.outcome <> 'completed' end
        and ($hour = '' or date_part('hour', timezone('Europe/Stockholm', v.started_at))::text = $hour)
        and ($mode = '' or coalesce(nullif(v.mode, ''), 'none') = $mode)
        and ($satisfaction = '' or (len(f.signals) = 0 and $satisfaction in ('usable', f.satisfaction)))
        and ($theme = '' or (len(f.signals) = 0 and json_contains(json_keys(f.themes)::json, '"' || $theme || '"')))
        and ($polarity = '' or $theme = '' or f.said[list_position(json_keys(f.themes), $theme)] = $polarity)
        and ($daypart = '' or f.daypart = $daypart) and ($scored = '' or f.score is not null)
        and ($useful = '' or f.eligible = ($useful = 'yes')) and ($reward = '' or reward = $reward)
        and case $band when '' then true when '0-60' then f.score <= 60 when '61-75' then f.score in range(61, 76)
            when '76-90' then f.score in range(76, 91) else f.score >= 91 end
        and ($measure = '' or exists (select 1 from pilot_kpis k where k.kpi = $measure and k.value is not null
            and k.simulated = $simulated and k.day = coalesce(v.day, f.day) and k.cafe = coalesce(v.cafe, f.cafe)))
"""  # noqa: S608
# One query for all figures, because a reader may choose many filters.
NEWEST = f"""
    with newest as (
        select *, count(*) over () as total from ({MATCHES}) order by "at" desc, session_id limit {MOST}
    )
    select newest.*, own as feedback from newest left join ({FEEDBACK_COLUMNS}) as own
        on own.session_id = newest.session_id
"""  # noqa: S608


def _filters(reader: Reader) -> Iterable[Choice]:
    wanted = [{}, *({name: value} for name, values in VALUES.items() for value in MANY.get(name, values))]
    wanted += [{"theme": "service", "polarity": "positive"}, {"step": "completed", "hour": "12"}]
    periods = [one for one in reader.all_cafes_over(DAYS) if one.last == reader.days[-1]]
    return [
        Choice(one.cafes, one.first, one.last, one.simulated, tuple({**EMPTY, **each}.items()))
        for one in periods
        for each in wanted
    ]


def _listed(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        return session_list(
            snapshot,
            snapshot.key,
            cafes=choice.cafes,
            first=choice.first,
            last=choice.last,
            simulated=choice.simulated,
            wanted=SessionFilter(**dict(choice.extra)),
            most=MOST,
            cover=reader.cover,
        )


def _feedback(rows: Rows, _: Choice) -> Rows:
    found = [row["feedback"] for row in rows if row["feedback"] is not None]
    return [each for each in found if each["session_id"] is not None]


READINGS = (
    extent_of(PAGE),
    Reading(
        page=PAGE,
        name="sessions",
        function=session_list,
        choices=_filters,
        shown=_listed,
        no_figures={"shown.feedback.turns": WORDS},
        queries=(
            Query(sql=NEWEST, then=total_of, columns=("total",)),
            Query(
                part="shown",
                sql=NEWEST,
                then=lambda rows, _: rows,
                columns=("session_id", "cafe", "reference", "at", "mode", "outcome", "reward"),
                key=("session_id",),
            ),
            Query(part="shown.feedback", sql=NEWEST, then=_feedback, columns=CARD, key=("session_id",)),
        ),
    ),
)
