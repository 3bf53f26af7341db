"""The figures that the what-if page starts from: the load and the rewards so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboards.reading.what_if import TABLES, load_so_far
from proving.analytics.registration import Choice, Query, Reader, Reading
from proving.analytics.shared_queries import PERIOD, extent_of

PAGE = "what_if.py"

STARTED = f"select * from sessions where {PERIOD} and started_at is not null"  # noqa: S608


def _days(reader: Reader) -> Iterable[Choice]:
    return [one for one in reader.all_cafes_over(28) if one.last == reader.days[-1]]


def _load(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        return load_so_far(
            snapshot,
            snapshot.key,
            cafes=choice.cafes,
            first=choice.first,
            last=choice.last,
            simulated=choice.simulated,
        )


READINGS = (
    extent_of(PAGE),
    Reading(
        page=PAGE,
        name="load_so_far",
        function=load_so_far,
        choices=_days,
        shown=_load,
        queries=(
            Query(
                sql=f"""
                    select sum(1)::bigint as sessions, count(distinct day::varchar || ' ' || cafe) as cafe_days,
                        sum(duration_s) / nullif(count(duration_s), 0) as mean_seconds
                    from ({STARTED})
                """  # noqa: S608
            ),
            Query(
                sql=f"""
                    select max(sessions) as in_busiest_hour from (
                        select strftime(timezone('Europe/Stockholm', started_at), '%H') as clock,
                            sum(1)::bigint as sessions
                        from ({STARTED}) group by clock
                    )
                """  # noqa: S608
            ),
            Query(
                sql=f"""
                    select coalesce(sum(case when outcome = 'eligible' or released then amount_ore end), 0)::bigint
                        as granted_ore
                    from rewards where {PERIOD}
                """  # noqa: S608
            ),
        ),
    ),
)
