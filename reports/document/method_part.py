"""The report's last part: what changed, more cafés, the method, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator

from reports.document.blocks import Block, Heading, Points, Row, Table, Text, Words
from reports.model import Model

FIGURES = (
    "participation", "completion", "feedbacks_a_day", "score", "useful", "reward_per_feedback", "reward_per_useful",
)  # fmt: skip
IMPACT_HEADS = ("figure", "before", "after", "difference", "change")


def impact_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the first weeks beside the last, and returning guests."""
    yield Heading(words("impact.title"))
    by = {row["figure"]: row for row in model["impact"] if row["subject"] == "all"}
    rows = [by[figure] for figure in FIGURES if figure in by and by[figure]["before"] is not None]
    if not rows:
        yield Text(words("impact.none"))
    else:
        edges = {"before": words.long_day(rows[0]["before_to"]), "after": words.long_day(rows[0]["after_from"])}
        yield Text(words("impact.what", **edges))
        yield Table(
            words("impact.title"),
            tuple(words(f"impact.head.{name}") for name in IMPACT_HEADS),
            tuple(
                (
                    words(f"impact.figure.{row['figure']}"),
                    _in_unit(row["before"], row, words),
                    _in_unit(row["after"], row, words),
                    _difference(row, words),
                    words(f"impact.change.{row['change']}"),
                )
                for row in rows
            ),
            ("left", "right", "right", "right", "left"),
        )
    returning = model["returning"]
    if returning["devices"]:
        counts = {name: words.number(returning[name]) for name in ("returned", "devices")}
        yield Text(words("impact.returning", **counts))
    else:
        yield Text(words("impact.no_returning"))


def _in_unit(value: float | None, row: Row, words: Words) -> str:
    if row["unit"] == "share":
        return words.share(value, decimals=1)
    return words.kronor(value) if row["unit"] == "öre" else words.number(value, decimals=1)


def _difference(row: Row, words: Words) -> str:
    if row["low"] is None:
        return words("none")
    shares = row["unit"] == "share"
    scale = 100 if shares else 0.01 if row["unit"] == "öre" else 1
    ends = [words.number(row[name] * scale, decimals=1).replace("-", "−") for name in ("low", "high")]
    unit = {"share": words("points"), "öre": "\u00a0kr"}.get(row["unit"], "")
    return f"{ends[0]}…{ends[1]}{unit}"


def method_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield how everything is counted."""
    yield Heading(words("method.title"))
    for name in ("look", "clusters", "five"):
        yield Text(words(f"method.{name}"))
    yield Points(tuple(_definition(row, words) for row in model["kpis"]))


def _definition(row: Row, words: Words) -> str:
    basis = words("method.basis_none")
    if row["denominator"]:
        if row["kpi"] == "uptime":
            numerator, denominator = (f"{words.number(row[end] / 60)} min" for end in ("numerator", "denominator"))
        else:
            numerator, denominator = (words.number(row[end]) for end in ("numerator", "denominator"))
        basis = words("method.basis", numerator=numerator, denominator=denominator, cafe_days=row["cafe_days"])
    what = words.page(f"kpi.{row['kpi']}.what")
    return words("method.define", kpi=words.kpi(row["kpi"]), what=what, basis=basis)


def missing_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield what is missing."""
    yield Heading(words("missing.title"))
    items = []
    counted = next(row for row in model["kpis"] if row["kpi"] == "participation")
    if counted["unknown"]:
        items.append(words("missing.counts", share=words.share(counted["unknown"])))
    if model["days_left_out"]:
        items.append(words("missing.excluded", count=model["days_left_out"]))
    if model["uptime"]["unknown_s"]:
        minutes = words.number(model["uptime"]["unknown_s"] / 60)
        items.append(words("missing.unknown", minutes=minutes, together=words.together()))
    gaps = items or [words("missing.nothing")]
    plan = model["capacity"]
    builders = ("load", "pdf") if plan is not None and plan["measured_at_once"] is None else ("pdf",)
    yield Points((*gaps, *(words(f"missing.{name}") for name in builders)))
