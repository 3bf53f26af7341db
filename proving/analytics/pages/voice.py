"""The figures of the voice page: latency by stage, and answers not heard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboards.reading.voice_quality import TABLES, voice_quality
from proving.analytics.registration import Choice, Query, Reader, Reading
from proving.analytics.shared_queries import PERIOD, extent_of

PAGE = "voice.py"

STAGES = f"""
    with marks as (
        select day, cafe, coalesce(reply_author, 'none') as author,
            unnest(['soft_end', 'recognition_start', 'recognition_end', 'commit', 'first_token', 'sent', 'shown'])
                as stage,
            unnest([soft_end_ms, recognition_start_ms, recognition_end_ms, commit_ms, first_token_ms, sent_ms,
                    if(failure is null, response_ms, null)]) as ms
        from turns where {PERIOD} and mode = 'voice'
    ), ordered as (
        select day, cafe, author, stage, list_sort(list(ms)) as sorted, count(ms) as measured
        from marks where ms >= 0 group by all
    ), quantiles as (
        select stage, measured, sorted[ceil(measured * 0.50 - 1e-9)::bigint] as p50,
            sorted[ceil(measured * 0.95 - 1e-9)::bigint] as p95
        from ordered
    )
    select stage, sum(measured)::bigint as measured, sum(p50 * measured) / sum(measured) as p50_ms,
        sum(p95 * measured) / sum(measured) as p95_ms, max(p95) as worst_ms
    from quantiles group by stage
"""  # noqa: S608

TURNS = f"""
    select t.*, coalesce((select any_value(browser) from sessions s
                          where s.session_id = t.session_id and s.day = t.day), '') as browser
    from turns t where {PERIOD} and t.mode = 'voice'
"""  # noqa: S608

COUNTS = """count(*) as turns, sum((coalesce(transcript, '') = '')::int)::bigint as silent,
    sum((low_confidence is true)::int)::bigint as unsure"""


def _days(reader: Reader) -> Iterable[Choice]:
    return [one for one in reader.all_cafes_over(7, 30) if one.last == reader.days[-1]]


def _quality(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        return voice_quality(
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
        name="voice",
        function=voice_quality,
        choices=_days,
        shown=_quality,
        queries=(
            Query(sql=f"select count(*) as turns from turns where {PERIOD} and mode = 'voice'"),  # noqa: S608
            Query(part="stages", sql=STAGES, key=("stage",)),
            Query(
                part="groups",
                sql=f"""
                    select 'language' as split, coalesce(language, '') as name, {COUNTS} from ({TURNS}) group by 2
                    union all select 'browser', browser, {COUNTS} from ({TURNS}) group by 2
                    union all select 'cafe', cafe, {COUNTS} from ({TURNS}) group by 2
                """,  # noqa: S608
                key=("split", "name"),
            ),
        ),
    ),
)
