"""Queries of the figures that several pages show: the extent, the guests' feedback, satisfaction."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import extent
from dashboards.reading.page_snapshot import versions_key
from proving.analytics import arithmetic
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows

SCOPE = "list_contains($cafes, cafe) and simulated = $simulated"
PERIOD = f"{SCOPE} and day between $first and $last"
WORDS = "a guest's words, shown by role; their number and order are those of the feedback"
SHARE = ("count", "of", "value", "before", "change")
ENDS = ("low", "high", "design_effect")
KINDS = ("positive", "mixed", "negative", "neutral")

# What a session says of each theme, and so whether it is content; themes are a JSON object.
FEEDBACK = f"""
    select *, coalesce(json_extract_string(themes, '$.*'), []) as said,
        case when list_contains(said, 'mixed')
                or (list_contains(said, 'positive') and list_contains(said, 'negative')) then 'mixed'
            when list_contains(said, 'positive') then 'positive'
            when list_contains(said, 'negative') then 'negative' else 'neutral' end as satisfaction,
        list_filter(coalesce(flags, []), lambda one: starts_with(one, 'urgent_')) as urgent,
        case when list_contains(signals, 'abuse') then 'abuse'
            when list_contains(coalesce(flags, []), 'urgent_harassment') then 'urgent_harassment' else '' end
            as covered,
        score > 60 and actionability >= 0.5 and len(signals) = 0 as is_actionable,
        date_part('hour', timezone('Europe/Stockholm', completed_at)) as sent_hour,
        case when sent_hour < 11 then 'morning' when sent_hour < 14 then 'lunch'
            when sent_hour < 17 then 'afternoon' else 'evening' end as daypart
    from scored_feedback where {SCOPE}
"""  # noqa: S608

FEEDBACK_NAMES = """
    f.session_id, f.completed_at as sent_at, f.language,
        coalesce((select any_value(mode) from sessions s where s.session_id = f.session_id and s.day = f.day), '')
            as mode,
        f.score, f.actionability, f.aspects, f.signals, coalesce(f.flags, []) as flags, f.satisfaction, f.urgent,
        f.is_actionable, f.covered
"""
FEEDBACK_COLUMNS = f"select {FEEDBACK_NAMES} from ({FEEDBACK}) as f"  # noqa: S608
CARD = (
    *("session_id", "sent_at", "language", "mode", "score", "actionability", "aspects", "signals", "flags"),
    *("satisfaction", "urgent", "is_actionable", "covered"),
)


def total_of(rows: Rows, _: Choice) -> Rows:
    """Return the number of rows before the limit, which each row bears."""
    return [{"total": rows[0]["total"] if rows else 0}]


def extent_of(page: str) -> Reading:
    """Return the reading of a page's days and freshness."""
    return Reading(
        page=page,
        name="extent",
        function=extent,
        choices=lambda reader: [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated)],
        shown=_extent,
        queries=(
            Query(
                sql=f"""
                    with seen as (
                        select day, true as session, null::timestamptz as as_of from sessions where {SCOPE}
                        union all select day, false, as_of from pilot_kpis where {SCOPE}
                    )
                    select min(day) as first, max(day) as last, max(day) filter (session) as last_sessions,
                        (select max(as_of) from seen where not session
                            and day = (select max(day) from seen where not session)) as as_of
                    from seen
                """  # noqa: S608
            ),
        ),
    )


def _extent(reader: Reader, choice: Choice) -> Any:
    lake = reader.lake()
    return extent(lake, versions_key(lake, *CALENDAR_TABLES), cafes=choice.cafes, simulated=choice.simulated)


SATISFACTION_DAYS = f"""
    select day, count(*) as usable,
        {", ".join(f"count(*) filter (satisfaction = '{kind}') as {kind}" for kind in KINDS)}
    from ({FEEDBACK})
    where len(signals) = 0 and day between $before and $last and ($daypart = '' or daypart = $daypart)
    group by day order by day
"""  # noqa: S608

THEME_CLAIMS = f"""
    select f.day, f.daypart, f.session_id, claim.key as name,
        json_extract_string(f.themes, '$."' || claim.key || '"') as polarity
    from ({FEEDBACK}) as f, lateral (select unnest(json_keys(coalesce(f.themes, '{{}}'))) as key) as claim
    where len(f.signals) = 0 and f.day between $before and $last and ($daypart = '' or f.daypart = $daypart)
"""  # noqa: S608

THEME_DAYS = f"""
    with claims as ({THEME_CLAIMS}),
    days as ({SATISFACTION_DAYS}),
    counted as (select name, day, count(*) as mentions from claims group by all)
    select names.name, days.day, days.usable, coalesce(counted.mentions, 0) as mentions
    from (select distinct name from claims where day >= $first) as names cross join days
    left join counted on counted.name = names.name and counted.day = days.day
    order by all
"""  # noqa: S608


def satisfaction_queries() -> tuple[Query, ...]:
    """Return the queries of a period's satisfaction and themes, from the scored sessions themselves."""
    of_period = "where day >= $first"
    return (
        Query(
            sql=f"select coalesce(sum(usable), 0)::bigint as usable from ({SATISFACTION_DAYS}) {of_period}"  # noqa: S608
        ),
        Query(sql=SATISFACTION_DAYS, then=_verdict, columns=("verdict",)),
        Query(part="shares", sql=SATISFACTION_DAYS, key=("kind",), then=_shares, columns=("kind", *SHARE)),
        Query(
            part="shares.interval", sql=SATISFACTION_DAYS, key=("kind",), then=_share_intervals, columns=("kind", *ENDS)
        ),
        Query(
            part="by_day",
            sql=f"select day, kind, itself from (select * exclude (usable) from ({SATISFACTION_DAYS}) {of_period}) "  # noqa: S608
            f"unpivot (itself for kind in ({', '.join(KINDS)}))",
            key=("day", "kind"),
        ),
        Query(
            part="themes",
            sql=f"select distinct name from ({THEME_CLAIMS}) {of_period}",  # noqa: S608
            key=("name",),
        ),
        Query(part="themes.share", sql=THEME_DAYS, key=("name",), then=_theme_shares, columns=("name", *SHARE)),
        Query(
            part="themes.share.interval", sql=THEME_DAYS, key=("name",), then=_theme_intervals, columns=("name", *ENDS)
        ),
        Query(
            part="themes.polarities",
            sql=f"""
                with claims as (select * from ({THEME_CLAIMS}) {of_period})
                select name, kind, (select count(*) from claims c where c.name = n.name and polarity = kind) as itself
                from (select distinct name from claims) as n, (select unnest(['positive', 'mixed', 'negative']) as kind)
            """,  # noqa: S608
            key=("name", "kind"),
        ),
        Query(
            part="themes.dayparts",
            sql=f"select name, daypart, count(*) as itself from ({THEME_CLAIMS}) {of_period} group by all",  # noqa: S608
            key=("name", "daypart"),
        ),
    )


def compared(choice: Choice, *, days_before: int | None = None, daypart: str = "") -> Choice:
    """Return a choice with the period before it, as long as the period or of some days."""
    length = days_before if days_before is not None else (choice.last - choice.first).days + 1
    extra = (("before", choice.first - timedelta(days=length)), ("daypart", daypart))
    return Choice(choice.cafes, choice.first, choice.last, choice.simulated, extra)


def _share(name: dict[str, Any], rows: Rows, column: str, first: date, *, confidence: float) -> dict[str, Any]:
    now, before = (
        [(row[column], row["usable"]) for row in rows if (row["day"] >= first) == is_now] for is_now in (True, False)
    )
    count, of = (sum(each[place] for each in now) for place in (0, 1))
    earlier = sum(each[1] for each in before)
    return {
        **name,
        "count": count,
        "of": of,
        "value": count / of if of else None,
        "before": sum(each[0] for each in before) / earlier if earlier else None,
        "change": arithmetic.change(now, before, confidence=confidence),
    }


def _shares(rows: Rows, choice: Choice) -> Rows:
    return [_share({"kind": kind}, rows, kind, choice.first, confidence=0.95) for kind in KINDS]


def _verdict(rows: Rows, choice: Choice) -> Rows:
    """Return the verdict of two shares, of content and of discontent guests, unless they disagree."""
    if not sum(row["usable"] for row in _now(rows, choice)):
        return [{"verdict": "none"}]
    content, discontent = (
        _share({}, rows, kind, choice.first, confidence=0.95)["change"] for kind in ("positive", "negative")
    )
    if "too_few" in (content, discontent):
        return [{"verdict": "too_few"}]
    score = {"more": 1, "same": 0, "less": -1}
    up, down = score[content], -score[discontent]
    if up * down < 0:
        return [{"verdict": "mixed"}]
    return [{"verdict": {1: "happier", 0: "same", -1: "less_happy"}[max(-1, min(1, up + down))]}]


def _share_intervals(rows: Rows, choice: Choice) -> Rows:
    return [
        row for kind in KINDS for row in _interval({"kind": kind}, [(r[kind], r["usable"]) for r in _now(rows, choice)])
    ]


def _theme_shares(rows: Rows, choice: Choice) -> Rows:
    return [
        _share({"name": name}, own, "mentions", choice.first, confidence=0.99) for name, own in _by_theme(rows).items()
    ]


def _theme_intervals(rows: Rows, choice: Choice) -> Rows:
    return [
        row
        for name, own in _by_theme(rows).items()
        for row in _interval({"name": name}, [(r["mentions"], r["usable"]) for r in _now(own, choice)])
    ]


def _now(rows: Rows, choice: Choice) -> Rows:
    return [row for row in rows if row["day"] >= choice.first]


def _by_theme(rows: Rows) -> dict[str, Rows]:
    found: dict[str, Rows] = defaultdict(list)
    for row in rows:
        found[row["name"]].append(row)
    return found


def _interval(name: dict[str, Any], counts: list[tuple[float, float]]) -> Rows:
    if not sum(each[1] for each in counts):
        return []
    low, high = arithmetic.share_ends(counts)
    return [{**name, "low": low, "high": high, "design_effect": arithmetic.design_effect(counts)}]
