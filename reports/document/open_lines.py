"""Why a metric is not decided, in words: one line for all metrics of which the same is true."""

from __future__ import annotations

from collections.abc import Iterator

from pilot.formatting import join_names
from pilot.kpis import KPIS
from reports.document.blocks import Row, Words
from reports.model import Model

SECONDS_A_DAY = 86_400


def open_lines(model: Model, words: Words) -> Iterator[str]:
    """Yield a line for each reason for which metrics are not decided, with the metrics' names.

    Args:
        model: The model.
        words: The language.
    """
    by: dict[tuple[str, tuple[tuple[str, object], ...]], list[str]] = {}
    for row in model["kpis"]:
        if row["verdict"] == "cannot_tell" and row["interval"] is not None:
            key, fields = _reason(model, row, words)
            by.setdefault((key, tuple(fields.items())), []).append(words.kpi(row["kpi"]))
    for (key, given), names in by.items():
        named = join_names([names[0], *(name.lower() for name in names[1:])], language=words.language)
        yield words(key, kpi=named, **dict(given))


def _reason(model: Model, row: Row, words: Words) -> tuple[str, dict[str, object]]:
    """Return the key of a metric's reason, with its fields."""
    why, days, final = row["why"] or "", row["further_days"], model["final"]
    if row["interval"] == "census" and why == "not_over":
        return "verdict.not_over", _downtime(model, row, words)
    if why and "on_both_sides" not in why:
        return "kpis.why", {"why": words.reasons(why)}
    if KPIS[row["kpi"]].unit == "share" and row["numerator"] and row["numerator"] == row["denominator"]:
        return "verdict.no_failure", {"count": words.number(row["denominator"])}
    if row["low"] is None or row["high"] is None:
        return "verdict.no_end", {}
    if days is None:
        return ("verdict.no_further" if final else "verdict.near"), {}
    if days == 1:
        return "verdict.further_one", {}
    return ("verdict.further" if final else "verdict.further_daily"), {"days": days}


def _downtime(model: Model, row: Row, words: Words) -> dict[str, object]:
    """Return how much of the downtime that the target allows in the whole pilot is used."""
    seconds = model["planned_days"] * SECONDS_A_DAY * len(model["cafes"])
    return {
        "down": words.number((row["denominator"] - row["numerator"]) / 60),
        "allowed": words.number((1 - row["target"]) * seconds / 60),
        "planned": model["planned_days"],
        "together": words.together(),
    }
