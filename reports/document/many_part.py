"""The report's part on very many cafés: how they differ, and the few that surely do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pilot.formatting import measure
from pilot.kpis import KPIS
from pilot.swedish_order import swedish_key
from reports.charts.funnel_chart import funnel
from reports.document.blocks import LEFT, RIGHT, Block, Chart, Heading, Row, Table, Text, Words
from reports.document.days_part import style_of
from reports.model import Model

QUARTER, MIDDLE, THREE_QUARTERS = 1, 2, 3
NAMED_HEADS = ("cafe", "trials", "value", "interval", "side")


def many_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the distributions between cafés; nothing if each is shown by itself."""
    many = model.get("many")
    if many is None:
        return
    cafes = words.number(len(model["cafes"]))
    yield Heading(words("many.title"))
    yield Text(words("many.what", cafes=cafes, file=many["data_file"]["name"]))
    yield Text(_volume(many, words))
    for code in KPIS:
        found = many["shares"].get(code)
        if found is not None:
            yield from _share(code, found, words)
    yield from _downtime(many["downtime"], words)


def _volume(many: Row, words: Words) -> str:
    feedbacks, cost = many["feedbacks_a_day"], many["ore_per_useful"]
    found = words("many.volume", low=_number(feedbacks, QUARTER, words), high=_number(feedbacks, THREE_QUARTERS, words))
    parts = [found]
    if many["silent"]:
        parts.append(words("many.silent", count=words.number(many["silent"])))
    if cost is not None:
        parts.append(words("many.cost", low=words.kronor(cost[QUARTER]), high=words.kronor(cost[THREE_QUARTERS])))
    return " ".join(parts)


def _number(quantiles: Sequence[float], place: int, words: Words) -> str:
    return words.number(quantiles[place], decimals=1)


def _share(code: str, found: Row, words: Words) -> Iterator[Block]:
    name, count = words(f"many.share.{code}"), words.number(found["cafes"])
    yield Heading(words.kpi(code), level=2)
    counts = {key: words.number(found[key]) for key in ("surely_reaching", "surely_missing", "reaching")}
    spread = {key: _percent(found[key], words) for key in ("low", "high", "centre")}
    quarters = [_percent(found["quantiles"][place], words) for place in (QUARTER, THREE_QUARTERS)]
    target = measure(found["target"], unit="share", language=words.language, decimals=0)
    parts = [
        words("many.spread", share=name, **spread),
        words("many.quarters", low=quarters[0], high=quarters[1]),
        words("many.reaching", cafes=count, target=target, **counts),
    ]
    if found["without"]:
        parts.append(words("many.without", count=words.number(found["without"])))
    yield Text(" ".join(parts))
    trials = words(f"many.trials.{code}")
    chart = funnel(
        style_of(words),
        found["funnel"],
        centre=found["centre"],
        effect=found["effect"],
        target=found["target"],
        titles=(trials, words("many.axis")),
    )
    alt = words("many.alt", share=name, cafes=count, target=target, **spread)
    yield Chart(f"funnel-{code}", chart, alt, words("many.caption"))
    sides = {key: words.number(found[key]) for key in ("above", "below")}
    yield Text(words("many.named" if found["named"] else "many.none_named", **sides))
    if found["named"]:
        yield _named(code, found["named"], words)


def _named(code: str, rows: Sequence[Row], words: Words) -> Table:
    """Return the cafés that surely differ, in the order of their names: no league."""
    ordered = sorted(rows, key=lambda row: swedish_key(words.cafe(row["cafe"])))
    return Table(
        words("many.table", kpi=words.kpi(code)),
        tuple(words(f"many.head.{name}") for name in NAMED_HEADS),
        tuple(
            (
                words.cafe(row["cafe"]),
                words.number(row["trials"]),
                _percent(row["value"], words),
                words.page(
                    "interval.between",
                    low=_percent(row["low"], words).rstrip("\u00a0%"),
                    high=_percent(row["high"], words),
                ),
                words("many.above" if row["side"] > 0 else "many.below"),
            )
            for row in ordered
        ),
        (LEFT, RIGHT, RIGHT, LEFT, LEFT),
    )


def _percent(value: float, words: Words) -> str:
    return words.share(value, decimals=1)


def _downtime(found: Row, words: Words) -> Iterator[Block]:
    if not found["cafes"]:
        return
    yield Heading(words.kpi("uptime"), level=2)
    counts = {key: words.number(found[key]) for key in ("cafes", "down", "missing")}
    target = words.target("uptime")
    yield Text(
        words(
            "many.downtime",
            target=target,
            half=words.number(found["minutes"][MIDDLE]),
            most=words.number(found["minutes"][-1]),
            **counts,
        )
    )
    if found["worst"]:
        ordered = sorted(found["worst"], key=lambda row: swedish_key(words.cafe(row["cafe"])))
        yield Table(
            words("many.worst"),
            tuple(words(f"many.head.{name}") for name in ("cafe", "minutes", "uptime")),
            tuple(
                (
                    words.cafe(row["cafe"]),
                    words.number(row["minutes"]),
                    measure(row["share"], unit="share", language=words.language, decimals=KPIS["uptime"].decimals),
                )
                for row in ordered
            ),
            (LEFT, RIGHT, RIGHT),
        )
