"""The figures of the quality page: the suites' verdicts, and the rows that break an expectation."""

from __future__ import annotations

from typing import Any

from dashboards.reading.page_snapshot import PageSnapshot
from dashboards.reading.quality import TABLES, days_shown, quality_summary
from proving.analytics.registration import Choice, Query, Reader, Reading

PAGE = "quality.py"
EVERY_CAFE = "if($sees_all, true, false)"  # a verdict belongs to no café: a reader of some sees none
DAYS = f"select distinct day from quality_verdicts where {EVERY_CAFE} order by day desc limit 14"  # noqa: S608
APART = f"""
    select q.*, coalesce((select any_value(reference) from sessions s
                          where s.session_id = q.session_id and s.day = q.day), '') as reference
    from quarantine q where q.day in ({DAYS}) and list_contains($cafes, coalesce(q.cafe, ''))
"""  # noqa: S608


def _summary(reader: Reader, choice: Choice) -> Any:
    lake = reader.lake()
    with PageSnapshot(lake, *TABLES, days=days_shown(lake)) as snapshot:
        return quality_summary(snapshot, snapshot.key)


def _once(reader: Reader) -> list[Choice]:
    sees_all = reader.principal.cafes is None
    cafes = (*reader.cafes, "") if sees_all else reader.cafes
    return [Choice(cafes, reader.days[0], reader.days[-1], reader.simulated, (("sees_all", sees_all),))]


READINGS = (
    Reading(
        page=PAGE,
        name="verdicts",
        function=quality_summary,
        choices=_once,
        shown=_summary,
        queries=(
            Query(
                sql=f"""
                    select coalesce((select list(day order by day desc) from ({DAYS})), []) as days,
                        (select max(judged_at) from quality_verdicts where {EVERY_CAFE}) as validated_at,
                        (select count(*) from ({APART})) as quarantine_size,
                        (select count(*) from ({APART}) where severity = 'stop') as quarantine_stops
                """,  # noqa: S608
            ),
            Query(
                part="tables",
                sql=f"""
                    select day, table_name as "table", count(*) as expectations,
                        sum((not passed)::int)::bigint as failed, max(rows) as rows,
                        case when bool_or(not passed and severity = 'stop') then 'stops'
                            when bool_or(not passed) then 'warns' else 'holds' end as state
                    from quality_verdicts where day in ({DAYS}) group by all
                """,  # noqa: S608
                key=("day", "table"),
            ),
            Query(
                part="failed",
                sql=f"""
                    select day, table_name as "table", expectation, severity, breaking
                    from quality_verdicts where passed is false and day in ({DAYS})
                """,  # noqa: S608
                key=("day", "table", "expectation"),
            ),
            Query(
                part="quarantine",
                sql=f"""
                    select day, table_name as "table", row_key as key, expectation, reason, severity,
                        coalesce(cafe, '') as cafe, coalesce(session_id, '') as session_id, reference
                    from ({APART}) order by day desc, table_name, row_key, expectation limit 200
                """,  # noqa: S608
                key=("day", "table", "key", "expectation"),
            ),
        ),
    ),
)
