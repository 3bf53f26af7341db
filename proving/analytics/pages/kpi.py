"""The figures of the business KPIs of a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from dashboards.reading.fair_comparison import Figure, day_figure, fair_comparison, figure_of
from dashboards.reading.kpi_period import MEASURES, TABLES, kpi_period
from dashboards.reading.page_snapshot import versions_key
from pipelines.statistics.clustered import Ratio
from proving.analytics import arithmetic
from proving.analytics.kpi_queries import KPI_FIGURES
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from proving.analytics.shared_queries import PERIOD, extent_of
from proving.analytics.shrinkage import shrunk_means, shrunk_shares

PAGE = "kpi.py"
PERIODS = (7, 30)
SHARES = ("participation", "completion", "useful")
RATIO = ("numerator", "denominator", "clusters", "variance", "value")
FIGURE = ("value", "low", "high", "numerator", "denominator", "cafe_days")
SHRUNK = ("cafe", "value", "low", "high", "side", "alike")
FEWEST_CAFES = 3
GRID_NEAR = 5e-3  # the pages average over a coarse grid, the proof over a fine one

COUNTS = f"""
    with sent as (
        select day, cafe, count(*) as n, sum(score) as points, sum(eligible::int)::bigint as useful
        from scored_feedback where {PERIOD} group by all
    ), paid as (
        select day, cafe, sum(if(outcome = 'eligible' or released is true, amount_ore, 0)) as ore
        from rewards where {PERIOD} group by all
    )
    select kpi as measure, day, cafe, numerator, denominator from ({KPI_FIGURES})
        where kpi in ('participation', 'completion') and value is not null
    union all select 'useful', day, cafe, useful, n from sent
    union all select 'score', day, cafe, points, n from sent
    union all select 'cost', day, cafe, coalesce(ore, 0), useful from sent left join paid using (day, cafe)
        where useful > 0
"""  # noqa: S608

STEPS = f"""
    select coalesce(mode, '') as mode, sum((outcome <> 'opened_only')::int)::bigint as started,
        sum((consent is true)::int)::bigint as consented, sum((first_turn_at is not null)::int)::bigint as spoke,
        sum((outcome = 'completed')::int)::bigint as completed
    from sessions where {PERIOD} group by 1 having started > 0
"""  # noqa: S608


def _periods(reader: Reader) -> Iterable[Choice]:
    last = reader.days[-1]
    together = [one for one in reader.all_cafes_over(*PERIODS) if one.last == last]
    return [*together, *(one for one in reader.each_cafe_over(*PERIODS) if one.cafes != reader.cafes)]


def _measures(reader: Reader) -> Iterable[Choice]:
    return [replace(one, extra=(("measure", measure),)) for one in _periods(reader) for measure in MEASURES]


def _period(reader: Reader, choice: Choice) -> Any:
    return _read(reader, replace(choice, extra=()))


@lru_cache(maxsize=1)  # the measures of one period follow each other
def _read(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        return kpi_period(
            snapshot,
            snapshot.key,
            cafes=choice.cafes,
            first=choice.first,
            last=choice.last,
            simulated=choice.simulated,
        )


def _figure(reader: Reader, choice: Choice) -> Any:
    return figure_of(choice["measure"], _period(reader, choice).totals.get(choice["measure"], Ratio(0, 0, 0, None)))


def _days(reader: Reader, choice: Choice) -> dict[date, Figure]:
    return {
        one.day: day_figure(choice["measure"], one.numerator, one.denominator)
        for one in _period(reader, choice).days
        if one.measure == choice["measure"]
    }


def _comparison(reader: Reader, choice: Choice) -> Any:
    return fair_comparison(
        _period(reader, choice),
        versions_key(reader.lake(), *TABLES),
        cafes=choice.cafes,
        first=choice.first,
        last=choice.last,
        simulated=choice.simulated,
        measure=choice["measure"],
    )


def figure_row(measure: str, counts: list[tuple[float, float]]) -> dict[str, Any]:
    """Return a measure's figure over clusters, with the interval of its kind."""
    some = [each for each in counts if each[1] > 0]
    top, bottom = (sum(each[place] for each in some) for place in (0, 1))
    low: float | None = None
    high: float | None = None
    if bottom:
        low, high = arithmetic.share_ends(some) if measure in SHARES else arithmetic.value_ends(some)
    value = top / bottom if bottom else None
    return {"value": value, "low": low, "high": high, "numerator": top, "denominator": bottom, "cafe_days": len(some)}


def _ratio(rows: Rows, *names: str) -> Rows:
    """Return the sums of each group, and the variance of its ratio between café-days."""
    found: dict[tuple[Any, ...], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append((row["numerator"], row["denominator"]))
    return [
        {**dict(zip(names, key, strict=True)), "numerator": top, "denominator": bottom, "clusters": len(counts)}
        | {"variance": arithmetic.spread(counts), "value": top / bottom}
        for key, counts in found.items()
        for top, bottom in (tuple(sum(each[place] for each in counts) for place in (0, 1)),)
    ]


def _total(rows: Rows, choice: Choice) -> Rows:
    counts = [(row["numerator"], row["denominator"]) for row in rows if row["measure"] == choice["measure"]]
    return [figure_row(choice["measure"], counts)]


def _by_day(rows: Rows, choice: Choice) -> Rows:
    return [
        {"day": day, **figure_row(choice["measure"], [tuple(map(sum, zip(*counts, strict=True)))])}  # type: ignore[list-item]
        for day, counts in _grouped(rows, "day", choice["measure"]).items()
    ]


def _grouped(rows: Rows, name: str, measure: str) -> dict[Any, list[tuple[float, float]]]:
    found: dict[Any, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        if row["measure"] != measure:
            continue
        found[row[name]].append((row["numerator"], row["denominator"]))
    return found


def _shrunk(rows: Rows, choice: Choice) -> dict[str, tuple[float, float, float]]:
    own = {
        cafe: counts
        for cafe, counts in _grouped(rows, "cafe", choice["measure"]).items()
        if len(counts) >= arithmetic.FEWEST_DAYS
    }
    if len(own) < FEWEST_CAFES:
        return {}
    shrunk = shrunk_shares if choice["measure"] in SHARES else shrunk_means
    return dict(zip(own, shrunk(tuple(tuple(counts) for counts in own.values())), strict=True))


def _centre(rows: Rows, choice: Choice) -> Rows:
    found = list(_shrunk(rows, choice).values())
    if not found:
        return [{"centre": None, "any_differ": False}]
    centre = sum(each[0] for each in found) / len(found)
    return [{"centre": centre, "any_differ": max(each[1] for each in found) > min(each[2] for each in found)}]


def _cafes(rows: Rows, choice: Choice) -> Rows:
    found = _shrunk(rows, choice)
    centre = sum(each[0] for each in found.values()) / len(found) if found else 0.0
    return [
        {"cafe": cafe, "value": value, "low": low, "high": high, "side": (low > centre) - (high < centre)}
        | {"alike": sum(one[1] <= high and low <= one[2] for one in found.values()) - 1}
        for cafe, (value, low, high) in found.items()
    ]


def _raw(rows: Rows, choice: Choice) -> Rows:
    found = _shrunk(rows, choice)
    return [
        {"cafe": cafe, **figure_row(choice["measure"], counts)}
        for cafe, counts in _grouped(rows, "cafe", choice["measure"]).items()
        if cafe in found
    ]


def _too_little(rows: Rows, choice: Choice) -> Rows:
    found, own = _shrunk(rows, choice), _grouped(rows, "cafe", choice["measure"])
    return [
        {"0": cafe, **figure_row(choice["measure"], own.get(cafe, []))} for cafe in choice.cafes if cafe not in found
    ]


READINGS = (
    extent_of(PAGE),
    Reading(
        page=PAGE,
        name="period",
        function=kpi_period,
        choices=_periods,
        shown=_period,
        queries=(
            Query(
                part="totals",
                sql=COUNTS,
                then=lambda rows, _: _ratio(rows, "measure"),
                key=("measure",),
                columns=("measure", *RATIO),
            ),
            Query(
                part="cafes",
                sql=COUNTS,
                then=lambda rows, _: _ratio(rows, "measure", "cafe"),
                key=("measure", "cafe"),
                columns=("measure", "cafe", *RATIO),
            ),
            Query(
                part="days",
                sql=f"""
                    select measure, day, sum(numerator) as numerator, sum(denominator) as denominator
                    from ({COUNTS}) group by all
                """,  # noqa: S608
                key=("measure", "day"),
            ),
            Query(part="counts", sql=COUNTS, key=("measure", "day", "cafe")),
            Query(sql=f"select count(*) as opened from sessions where {PERIOD}"),  # noqa: S608
            Query(part="modes", sql=STEPS, key=("mode",)),
        ),
    ),
    Reading(
        page=PAGE,
        name="figure",
        function=figure_of,
        choices=_measures,
        shown=_figure,
        queries=(Query(sql=COUNTS, then=_total, columns=FIGURE),),
    ),
    Reading(
        page=PAGE,
        name="by day",
        function=day_figure,
        kind=dict[date, Figure],
        choices=_measures,
        shown=_days,
        queries=(Query(sql=COUNTS, then=_by_day, key=("day",), columns=("day", *FIGURE)),),
    ),
    Reading(
        page=PAGE,
        name="comparison",
        function=fair_comparison,
        choices=lambda reader: [one for one in _measures(reader) if one.cafes == reader.cafes],
        shown=_comparison,
        queries=(
            Query(sql=COUNTS, then=_centre, near=GRID_NEAR, columns=("centre", "any_differ")),
            Query(part="cafes", sql=COUNTS, then=_cafes, key=("cafe",), near=GRID_NEAR, columns=SHRUNK),
            Query(part="cafes.raw", sql=COUNTS, then=_raw, key=("cafe",), columns=("cafe", *FIGURE)),
            Query(part="too_little", sql=COUNTS, then=_too_little, key=("0",), columns=("0",)),
            Query(part="too_little.1", sql=COUNTS, then=_too_little, key=("0",), columns=("0", *FIGURE)),
        ),
    ),
)
