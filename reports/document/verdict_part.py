"""The report's first part: the verdict in words, the five metrics, and each café's."""

from __future__ import annotations

from collections.abc import Iterator

from pilot.formatting import join_names, measure
from pilot.kpis import KPIS
from reports.document.blocks import Block, Heading, Points, Row, Table, Text, Words, all_left
from reports.document.money_part import paid_ore
from reports.document.open_lines import open_lines
from reports.model import MOST_CAFES_BY_DAY, Model

HEADS = ("kpi", "target", "value", "interval", "verdict")
MOST_BESIDE = 4  # cafés in one table


def verdict_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the verdict in words."""
    yield Heading(words("verdict.title"))
    yield Text(" ".join(_sentences(model, words)), weight="lead")
    key, days = ("final" if model["final"] else "interim"), len(model["days"])
    yield Text(words("verdict.about_simulated" if model["simulated"] else "verdict.about"))
    yield Text(words(f"verdict.{key}", days=days, planned=model["planned_days"]))
    for line in open_lines(model, words):
        yield Text(line)
    yield Points(tuple(_in_short(model, words)))
    yield from _kpis(model, words)
    parts = [
        words("verdict.three_part", kpi=words.kpi(row["kpi"]).lower(), range=_prediction(row, words))
        for row in model["kpis"]
        if row["another_cafe"] is not None and _differ(row["another_cafe"])
    ]
    # Before the last day the metrics' own intervals are of another kind, and wider than another café's.
    if model["final"] and len(model["cafes"]) == 3 and parts:
        yield Text(words("verdict.three", parts=join_names(parts, language=words.language)), weight="note")


def _in_short(model: Model, words: Words) -> Iterator[str]:
    """Yield what a reader of two minutes asks for: how much, for which money, what guests say."""
    rewards, feedbacks = model["rewards"], sum(row["completed"] for row in model["funnel"])
    useful = words.number(rewards["useful"])
    yield words("short.feedback", count=words.number(feedbacks), useful=useful)
    if rewards["useful"]:
        cost = words.kronor(rewards["granted_ore"] / rewards["useful"])
        granted, paid = (words.whole_kronor(ore) for ore in (rewards["granted_ore"], paid_ore(model)))
        yield words("short.cost", granted=granted, cost=cost, paid=paid)
    if model["themes"]:
        yield words("short.themes", praised=_most(model, "positive", words), blamed=_most(model, "negative", words))
    opened, started = (sum(row[step] for row in model["funnel"]) for step in ("opened", "started"))
    if lost := opened - started:
        share = words.share(lost / opened)
        yield words("short.lost", opened=words.number(opened), lost=words.number(lost), share=share)
    trouble, guests = max(model["troubles"].items(), key=lambda one: one[1])
    if guests:
        named = words(f"priorities.trouble.{trouble}").lower()
        yield words("short.trouble", trouble=named, guests=words.number(guests))


def _most(model: Model, polarity: str, words: Words) -> str:
    """Return the themes with the most praise or complaints, every one of a tie, with their count."""
    count = max(row[polarity] for row in model["themes"])
    if not count:
        return words("short.no_times")
    tied = [words.theme(row["theme"]) for row in model["themes"] if row[polarity] == count]
    named = join_names([tied[0], *(name[:1].lower() + name[1:] for name in tied[1:])], language=words.language)
    key = "short.times_each" if len(tied) > 1 else "short.times"
    return words(key, theme=named, count=words.number(count))


def _sentences(model: Model, words: Words) -> Iterator[str]:
    final, passed = model["final"], {"days": len(model["days"]), "planned": model["planned_days"]}
    by: dict[str, list[str]] = {}
    for row in model["kpis"]:
        by.setdefault(row["verdict"], []).append(words.kpi(row["kpi"]).lower())
    named = {verdict: join_names(names, language=words.language) for verdict, names in by.items()}
    decided = [verdict for verdict in ("met", "missed") if verdict in by]
    if not decided:
        yield words("verdict.none_decided" if final else "verdict.none_so_far", **passed)
    elif not final:  # a reader of the first line only must not take it as the decision
        yield words("verdict.so_far", **passed)
    if len(by.get("met", ())) == len(KPIS):
        yield words("verdict.all_met")
        return
    if missed := by.get("missed"):
        key = "verdict.missed_one" if len(missed) == 1 else "verdict.missed"
        yield words(key, count=len(missed), missed=named["missed"])
    elif decided and final:
        yield words("verdict.only_open")
    if "met" in named:
        yield words("verdict.met", met=named["met"])
    if decided and "cannot_tell" in named:
        yield words("verdict.open" if final else "verdict.open_yet", open=named["cannot_tell"])
    if "missing" in named:
        yield words("verdict.missing", missing=named["missing"])


def _differ(ends: list[float]) -> bool:
    """Return whether the ends differ in whole per cent: equal cafés say nothing of their differences."""
    return round(ends[0] * 100) != round(ends[1] * 100)


def _prediction(row: Row, words: Words) -> str:
    low, high = row["another_cafe"]
    shown = [measure(end, unit="share", language=words.language, decimals=0) for end in (low, high)]
    return words.page("interval.between", low=shown[0].rstrip("\u00a0%"), high=shown[1])


def _kpis(model: Model, words: Words) -> Iterator[Block]:
    yield Heading(words("kpis.title"), level=2)
    yield Text(words("kpis.what"))
    yield Table(
        caption=words("kpis.title"),
        head=tuple(words(f"kpis.head.{name}") for name in HEADS),
        rows=tuple(
            (
                _named(row["kpi"], words),
                words.target(row["kpi"]),
                words.value(row),
                words.interval(row),
                _badge(model, row, words),
            )
            for row in model["kpis"]
        ),
        align=("left", "right", "right", "left", "left"),
        verdicts=tuple(row["verdict"] for row in model["kpis"]),
    )
    for row in model["kpis"]:
        if row["verdict"] == "missing" and row["why"]:
            yield Text(words("kpis.why", kpi=words.kpi(row["kpi"]), why=words.reasons(row["why"])), weight="note")


def _badge(model: Model, row: Row, words: Words) -> str:
    if row["verdict"] == "cannot_tell" and not model["final"]:
        return words("verdict.not_yet")
    return words.page(f"verdict.{row['verdict']}")


def _cell(row: Row | None, words: Words) -> str:
    """Return a café's value with its interval below."""
    if row is None or row["value"] is None:
        return words("none")
    return f"{words.value(row)}\n{words.interval(row)}"


def _named(code: str, words: Words) -> str:
    """Return a metric's name, with what it means below."""
    what = words.page(f"kpi.{code}.what")
    return f"{words.kpi(code)}\n{what}"


def cafes_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield each café's metrics, described without verdicts; nothing for one café or very many."""
    if not 1 < len(model["cafes"]) <= MOST_CAFES_BY_DAY:
        return
    yield Heading(words("cafes.title"))
    yield Text(words("cafes.what"))
    by = {(row["cafe"], row["kpi"]): row for row in model["by_cafe"]}
    if len(model["cafes"]) <= MOST_BESIDE:
        head = (words("kpis.head.kpi"), *(cafe["name"] for cafe in model["cafes"]))
        rows = tuple(
            (
                f"{words.kpi(code)}\n{words.target(code)}",
                *(_cell(by.get((cafe["id"], code)), words) for cafe in model["cafes"]),
            )
            for code in KPIS
        )
        yield Table(words("cafes.title"), head, rows, all_left(len(head)))
        return
    for code in KPIS:
        yield Table(
            caption=f"{words.kpi(code)}, {words.target(code)}",
            head=(words("downtime.head.cafes"), words("kpis.head.value"), words("kpis.head.interval")),
            rows=tuple(
                (cafe["name"], words.value(row), words.interval(row) if row["value"] is not None else "")
                for cafe in model["cafes"]
                if (row := by.get((cafe["id"], code)))
            ),
            align=("left", "right", "left"),
        )
