"""The figures of what guests say over a period."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dashboards.reading.guests_say import TABLES, Filter, find
from dashboards.reading.satisfaction import TABLES as SATISFACTION_TABLES
from dashboards.reading.satisfaction import period
from pilot.dayparts import DAYPARTS
from pipelines.language.labels import THEMES
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from proving.analytics.shared_queries import (
    CARD,
    FEEDBACK,
    FEEDBACK_NAMES,
    KINDS,
    WORDS,
    compared,
    extent_of,
    satisfaction_queries,
    total_of,
)

PAGE = "guests_say.py"
PERIODS = (7, 28, 90)
MOST = 50  # quotes compared one by one
FILTERS = (
    {},
    *({"theme": name} for name in THEMES),
    *({"polarity": name} for name in KINDS),
    *({"daypart": name} for name in DAYPARTS),
    *({"language": name} for name in ("sv", "en")),
    *({"mode": name} for name in ("voice", "text", "mixed")),
    {"theme": "service", "polarity": "positive", "daypart": "lunch"},
)

FOUND = """
    len(f.signals) = 0 and f.day between $first and $last
    and ($language = '' or f.language = $language)
    and ($theme = '' or list_contains(f.aspects, $theme))
    and ($mode = '' or (select any_value(mode) from sessions s
                        where s.session_id = f.session_id and s.day = f.day) = $mode)
    and ($daypart = '' or f.daypart = $daypart)
    and ($polarity = ''
        or if($theme = '', f.satisfaction, f.said[list_position(json_keys(f.themes), $theme)]) = $polarity)
"""


NEWEST = f"""
    select {FEEDBACK_NAMES}, f.themes, count(*) over () as total from ({FEEDBACK}) as f where {FOUND}
    order by f.completed_at desc, f.session_id limit {MOST}
"""  # noqa: S608


def _periods(reader: Reader) -> Iterable[Choice]:
    whole = [compared(one) for one in reader.each_cafe_over(*PERIODS)]
    return whole + [compared(one, daypart=name) for one in reader.each_cafe_over(PERIODS[1]) for name in DAYPARTS]


def _period(reader: Reader, choice: Choice) -> Any:
    before = (choice.first - choice["before"]).days
    with reader.snapshot(*SATISFACTION_TABLES, choice=choice, before=before) as snapshot:
        return period(
            snapshot,
            snapshot.key,
            cafe=choice.cafes[0],
            first=choice.first,
            last=choice.last,
            simulated=choice.simulated,
            dayparts=(choice["daypart"],) if choice["daypart"] else (),
        )


def _filters(reader: Reader) -> Iterable[Choice]:
    empty = dict.fromkeys(("theme", "polarity", "daypart", "language", "mode"), "")
    return [
        Choice(one.cafes, one.first, one.last, one.simulated, tuple({**empty, **wanted}.items()))
        for one in reader.each_cafe_over(PERIODS[1])
        for wanted in FILTERS
    ]


def _found(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        return find(
            snapshot,
            snapshot.key,
            cafe=choice.cafes[0],
            first=choice.first,
            last=choice.last,
            simulated=choice.simulated,
            wanted=Filter(**dict(choice.extra)),
            most=MOST,
            cover=reader.cover,
        )


def _claims(rows: Rows, _: Choice) -> Rows:
    return [
        {"session_id": row["session_id"], "theme": theme, "itself": polarity}
        for row in rows
        for theme, polarity in json.loads(row["themes"] or "{}").items()
    ]


READINGS = (
    extent_of(PAGE),
    Reading(
        page=PAGE,
        name="period",
        function=period,
        choices=_periods,
        shown=_period,
        queries=satisfaction_queries(),
    ),
    Reading(
        page=PAGE,
        name="quotes",
        function=find,
        choices=_filters,
        shown=_found,
        no_figures={"shown.turns": WORDS},
        queries=(
            Query(sql=NEWEST, then=total_of, columns=("total",)),
            Query(part="shown", sql=NEWEST, then=lambda rows, _: rows, columns=CARD, key=("session_id",)),
            Query(
                part="themes",
                sql=NEWEST,
                then=_claims,
                columns=("session_id", "theme", "itself"),
                key=("session_id", "theme"),
            ),
        ),
    ),
)
