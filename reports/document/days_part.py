"""The report's second part: day by day, the funnel, response by stage, and downtime minute by minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from pilot.cafes import Band
from pilot.formatting import measure
from pilot.kpis import KPIS
from reports.charts import specifications
from reports.charts.palette import PRINT
from reports.charts.specifications import Point, Style
from reports.document.blocks import Block, Chart, Heading, Row, Table, Text, Words, left_then_right
from reports.model import Model

TRENDS = ("participation", "completion", "voice_response")
MOST_OUTAGES = 40
FEW_OUTAGES = 12  # shown of very many cafés
MOST_NAMED = 4  # cafés of one outage
AXIS_ROOM = 1.05  # above the highest end
STEPS = ("opened", "started", "consented", "answered", "completed")
DAY_HEADS = ("day", "customers", "started", "completed", "useful", "score", "down")
STAGE_HEADS = ("stage", "turns", "p50", "p95", "worst")
OUTAGE_HEADS = ("day", "from", "to", "minutes", "cafes")


def style_of(words: Words) -> Style:
    """Return the style of charts on paper."""
    return Style(PRINT, words.language, words.page)


def days_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the charts and the table of days."""
    yield Heading(words("days.title"))
    if model["metric_days"]:
        yield Text(words("days.what"))
    days = [date.fromisoformat(row["day"]) for row in model["days"]]
    for cafe in model["cafes"] if model["metric_days"] else ():
        yield Heading(cafe["name"], level=2)
        for code in TRENDS:
            yield from _trend(model, words, code=code, cafe=cafe["id"], days=days)
        yield _volume(model, words, cafe=cafe, days=days)
    yield Heading(words("days.counts"), level=2)
    yield _table(model, words)
    yield Text(words("days.score_note"), weight="note")
    if any(_partly(model, row) for row in model["days"]):
        yield Text(words("days.partly_note"), weight="note")


def _trend(model: Model, words: Words, *, code: str, cafe: str, days: list[date]) -> Iterator[Chart]:
    """Yield the chart of a café's metric if it has a value; its axis is the same for every café."""
    rows = [row for row in model["metric_days"] if (row["kpi"], row["cafe"]) == (code, cafe)]
    values = [row["value"] for row in rows if row["value"] is not None]
    if not values:
        return
    kpi, name = KPIS[code], words.cafes[cafe]
    low, high = (
        measure(end, unit=kpi.unit, language=words.language, decimals=kpi.decimals)
        for end in (min(values), max(values))
    )
    alt = words(
        "days.alt",
        kpi=words.kpi(code),
        cafe=name,
        days=len(days),
        low=low,
        high=high,
        target=words.target(code),
    )
    points = {date.fromisoformat(row["day"]): Point(row["value"], row["low"], row["high"]) for row in rows}
    chart = specifications.trend(style_of(words), points, kpi=code, target=kpi.target, days=days, top=_top(model, code))
    yield Chart(f"{code}-{cafe}", chart, alt, words.kpi(code))


def _top(model: Model, code: str) -> float:
    """Return the upper end of a metric's axis, the same for every café; very long intervals are cut off."""
    found = [row for row in model["metric_days"] if row["kpi"] == code and row["value"] is not None]
    ends = [float(min(row["high"] or row["value"], 2 * row["value"])) for row in found]
    return max(*ends, KPIS[code].target) * AXIS_ROOM


def _volume(model: Model, words: Words, *, cafe: Row, days: list[date]) -> Chart:
    counts = {date.fromisoformat(row["day"]): row["completed"] for row in model["volumes"] if row["cafe"] == cafe["id"]}
    low, high = cafe["band"]
    most = max((row["completed"] for row in model["volumes"]), default=0)
    chart = specifications.volume(
        style_of(words), counts, band=Band(low=low, high=high), days=days, top=max(most, high)
    )
    alt = words(
        "days.volume_alt",
        cafe=cafe["name"], count=words.number(sum(counts.values())), most=max(counts.values(), default=0), low=low,
        high=high,
    )  # fmt: skip
    return Chart(f"volume-{cafe['id']}", chart, alt, words("days.volume"))


def _table(model: Model, words: Words) -> Table:
    rows = []
    for row in model["days"]:
        customers = words.number(row["customers"])
        if _partly(model, row):
            customers = words("days.partly", customers=customers)
        rows.append(
            (
                words.day(row["day"]),
                customers,
                words.number(row["started"]),
                words.number(row["completed"]),
                words.number(row["useful"]),
                words.number(row["score"], decimals=1),
                words.number((row["down_s"] or 0) / 60),
            )
        )
    heads = DAY_HEADS if len(model["cafes"]) > 1 else (*DAY_HEADS[:-1], "down_one")
    head = tuple(words(f"days.head.{name}") for name in heads)
    return Table(words("days.counts"), head, tuple(rows), left_then_right(len(head)))


def _partly(model: Model, row: Row) -> bool:
    return bool(row["customers"]) and row["counted_cafes"] < len(model["cafes"])


def funnel_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield how many guests reached each step, by mode."""
    yield Heading(words("funnel.title"))
    totals = {step: sum(row[step] for row in model["funnel"]) for step in STEPS}
    yield Text(words("funnel.what", **{step: words.number(count) for step, count in totals.items()}))
    modes = [row for row in model["funnel"] if row["mode"] != "none"]
    head = (
        words("funnel.head.step"),
        words("funnel.head.all"),
        *(words.known("report", f"funnel.mode.{row['mode']}", row["mode"]) for row in modes),
    )
    rows = tuple(
        (
            words(f"funnel.step.{step}"),
            words.number(totals[step]),
            *(words.number(row[step]) if step != "opened" else words("none") for row in modes),
        )
        for step in STEPS
    )
    yield Table(words("funnel.title"), head, rows, left_then_right(len(head)))


def response_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the response time by stage."""
    yield Heading(words("response.title"))
    if not model["stages"]:
        yield Text(words("response.none"))
        return
    yield Text(words("response.what"))

    def seconds(milliseconds: float | None) -> str:
        if milliseconds is None:
            return words("none")
        return measure(milliseconds / 1000, unit="seconds", language=words.language, decimals=2)

    rows = tuple(
        (
            words.page(f"voice_page.stage.{row['stage']}"),
            words.number(row["measured"]),
            *(seconds(row[name]) for name in ("p50_ms", "p95_ms", "worst_ms")),
        )
        for row in model["stages"]
    )
    head = tuple(words(f"response.head.{name}") for name in STAGE_HEADS)
    yield Table(words("response.title"), head, rows, left_then_right(len(head)))


def downtime_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the outages of the guests' page."""
    yield Heading(words("downtime.title"))
    seconds = model["uptime"]
    known = seconds["up_s"] + seconds["down_s"]
    yield Text(
        words(
            "downtime.what",
            minutes=words.number(seconds["down_s"] / 60),
            known=words.number(known / 60),
            together=words.together(),
            budget=words.number((1 - KPIS["uptime"].target) * known / 60),
            planned=words.number(seconds["planned_down_s"] / 60),
            unknown=words.number(seconds["unknown_s"] / 60),
        )
    )
    outages = model["outages"]
    if model.get("outages_of"):
        yield Text(words("downtime.of_many", count=model["outages_of"]))
    if not outages:
        yield Text(words("downtime.none"))
        return
    most = FEW_OUTAGES if model.get("outages_of") else MOST_OUTAGES
    longest = sorted(outages, key=lambda each: (-each["minutes"], -len(each["cafes"])))[:most]
    shown = sorted(longest, key=lambda each: each["from"])
    rows = tuple(
        (
            words.moment_day(each["from"]),
            words.clock(each["from"]),
            words.clock(each["to"]),
            words.number(each["minutes"]),
            _cafes(each["cafes"], words),
        )
        for each in shown
    )
    head = tuple(words(f"downtime.head.{name}") for name in OUTAGE_HEADS)
    yield Table(words("downtime.title"), head, rows, ("left", "right", "right", "right", "left"))
    if len(shown) < len(outages):
        yield Text(words("downtime.more", shown=len(shown), all=len(outages)), weight="note")


def outages_named(model: Model, words: Words) -> str:
    """Return how many outages there were, and how long the longest was; empty without any."""
    if not model["outages"]:
        return ""
    longest = words.number(max(each["minutes"] for each in model["outages"]))
    key = "downtime.one" if len(model["outages"]) == 1 else "downtime.several"
    return words(key, count=words.number(len(model["outages"])), minutes=longest)


def _cafes(ids: Sequence[str], words: Words) -> str:
    names = [words.cafe(cafe) for cafe in ids]
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    return words("downtime.and_more", names=", ".join(names[:MOST_NAMED]), count=words.number(len(names) - MOST_NAMED))
