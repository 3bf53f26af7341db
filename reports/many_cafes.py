"""The report over very many cafés: distributions, and the few that differ, instead of a table of all.

The model holds the distributions; each café's row is in a data file beside it, whose hash the model holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pilot.kpis import KPIS
from pilot.safe_csv import csv_file
from pipelines.figures.kpis import VOICE_QUANTILE
from pipelines.statistics.many_groups import ManyShares, many_shares
from reports.cafe_readings import COUNTS, FIGURES
from reports.scope import Scope

DATA_FILE = "cafes.csv"
MOST_NAMED = 6  # on either side
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
FUNNEL_COLUMNS, FUNNEL_ROWS = 36, 30
SURE = 0.975
# Shares of trials; uptime is a census without chance, and is described by its minutes.
SHARES = tuple(code for code, kpi in KPIS.items() if kpi.interval != "census")
SHRUNK = ("shrunk", "shrunk_low", "shrunk_high", "named")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ManyCafes:
    """The distributions for the model, and the data file."""

    summary: Row
    data_file: bytes


def many_cafes(rows: pl.DataFrame, scope: Scope) -> ManyCafes:
    """Return the distributions between cafés, and the data file with a row each.

    Args:
        rows: The cafés' rows (`reports.cafe_readings`).
        scope: The scope.
    """
    shares = {}
    for code in SHARES:
        shares[code], rows = _share(rows, code)
    body = _data_file(rows, scope)
    useful = rows.filter(pl.col("useful") > 0)
    summary = {
        "shares": shares,
        "downtime": _downtime(rows),
        "feedbacks_a_day": _quantiles(rows["completed"].fill_null(0) / len(scope.days)),
        "silent": int((rows["completed"].fill_null(0) == 0).sum()),
        "ore_per_useful": _quantiles(useful["granted_ore"].fill_null(0) / useful["useful"]),
        "data_file": {"name": DATA_FILE, "rows": rows.height, "sha256": hashlib.sha256(body).hexdigest()},
    }
    return ManyCafes(summary, body)


def target_share(code: str) -> float:
    """Return the share that a café must exceed; of the response time, that of answers in time."""
    return VOICE_QUANTILE if KPIS[code].interval == "p95" else KPIS[code].target


def _share(rows: pl.DataFrame, code: str) -> tuple[Row | None, pl.DataFrame]:
    """Return the distribution of a share between cafés, and the rows with each café's shrunk share."""
    counted = rows.with_row_index("place").filter(pl.col(f"{code}.denominator") > 0)
    # Guests of one café-day are alike: each café counts as that many independent ones.
    effect = counted[f"{code}.design_effect"].fill_null(1.0).to_numpy().clip(min=1.0)
    tops, trials = (counted[f"{code}.{name}"].to_numpy() for name in ("numerator", "denominator"))
    found = many_shares(tops / effect, trials / effect)
    if found is None:
        return None, rows.with_columns(pl.lit(None).alias(f"{code}.{name}") for name in SHRUNK)
    named = {side: found.named(side) for side in (1, -1)}
    words = np.full(len(trials), "", dtype=object)
    words[named[1]], words[named[-1]] = "above", "below"
    columns = pl.DataFrame(
        {
            "place": counted["place"], f"{code}.shrunk": found.values, f"{code}.shrunk_low": found.lows,
            f"{code}.shrunk_high": found.highs, f"{code}.named": words.astype(str),
        }
    )  # fmt: skip
    wider = rows.with_row_index("place").join(columns, on="place", how="left", maintain_order="left").drop("place")
    met = 1 - found.below(target_share(code))
    return {
        "cafes": len(trials),
        "without": rows.height - len(trials),
        "centre": found.centre,
        "low": found.low,
        "high": found.high,
        "quantiles": [float(each) for each in np.quantile(found.values, QUANTILES)],
        "target": target_share(code),
        "reaching": float(met.sum()),
        "surely_reaching": int((met > SURE).sum()),
        "surely_missing": int((met < 1 - SURE).sum()),
        "effect": float(np.median(effect)),
        "above": len(named[1]),
        "below": len(named[-1]),
        "named": [
            _named(counted["cafe"][place], found, place, trials=trials[place], side=side)
            for side in (1, -1)
            for place in named[side][:MOST_NAMED]
        ],
        "funnel": _funnel(tops / trials, trials),
    }, wider


def _named(cafe: str, found: ManyShares, place: int, *, trials: float, side: int) -> Row:
    value, low, high = (float(ends[place]) for ends in (found.values, found.lows, found.highs))
    return {"cafe": cafe, "trials": float(trials), "value": value, "low": low, "high": high, "side": side}


def _funnel(values: Any, trials: Any) -> Row:
    """Return how many cafés have that many trials and that share: a picture of all that names none."""
    edges = np.geomspace(trials.min(), max(trials.max(), trials.min() * 2), FUNNEL_COLUMNS + 1)
    levels = np.linspace(max(0.0, values.min() - 0.01), min(1.0, values.max() + 0.01), FUNNEL_ROWS + 1)
    counts, _, _ = np.histogram2d(trials, values, bins=(edges, levels))
    cells = [[int(x), int(y), int(counts[x, y])] for x, y in zip(*np.nonzero(counts), strict=True)]
    return {"trials": [float(each) for each in edges], "shares": [float(each) for each in levels], "cells": cells}


def _downtime(rows: pl.DataFrame) -> Row:
    known = rows.filter(pl.col("uptime.denominator") > 0)
    worst = known.sort("down_minutes", "cafe", descending=[True, False], nulls_last=True).head(MOST_NAMED)
    target = KPIS["uptime"].target
    return {
        "cafes": known.height,
        "down": int((known["down_minutes"].fill_null(0) > 0).sum()),
        "missing": int((known["uptime.value"] < target).sum()),
        "minutes": _quantiles(known["down_minutes"].fill_null(0)),
        "worst": [
            {"cafe": row["cafe"], "minutes": row["down_minutes"], "share": row["uptime.value"]}
            for row in worst.iter_rows(named=True)
            if row["down_minutes"]
        ],
    }


def _quantiles(values: pl.Series) -> list[float] | None:
    return [float(each) for each in np.quantile(values.to_numpy(), QUANTILES)] if len(values) else None


def _data_file(rows: pl.DataFrame, scope: Scope) -> bytes:
    """Return each café's figures as CSV, in the order of the file of cafés."""
    columns = ["cafe", "name", "city", *COUNTS]
    for code in KPIS:
        columns += [f"{code}.{name}" for name in (*FIGURES, *(SHRUNK if code in SHARES else ()))]
    period = (scope.first.isoformat(), scope.last.isoformat(), "simulated" if scope.simulated else "real")
    plain = rows.select(pl.col(each).round(6) if rows[each].dtype == pl.Float64 else pl.col(each) for each in columns)
    return csv_file(("first", "last", "data", *columns), ((*period, *row) for row in plain.iter_rows()))
