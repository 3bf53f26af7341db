"""Converts sentences that earlier versions wrote into the column `why` to codes with details.

Closed and redacted days are never rebuilt, so their rows are converted in place; no figure changes.
"""

from __future__ import annotations

import json
import re
from datetime import date

import polars as pl

from pilot.kpis import Reason
from pilot.lake_tables.columns import Table
from pilot.lake_tables.report_tables import PILOT_REPORT
from pilot.lake_tables.tables import PILOT_KPIS
from storage.lake import Lake

TABLES: tuple[Table, ...] = (PILOT_KPIS, PILOT_REPORT)
COMMIT = {"why": "reasons as codes"}

_SENTENCES: dict[str, tuple[Reason, dict[str, float]]] = {
    "no count of customers was reported": ("no_count", {}),
    "no payouts yet": ("no_payouts", {}),
    "the service was not probed": ("no_probes", {}),
    "no session was started": ("not_started", {}),
    "every session that was started is still open": ("still_open", {}),
    "the café reported no customers": ("no_customers", {}),
    "more sessions were started than customers were reported: the count cannot be right": ("more_than_customers", {}),
    "nobody talked": ("no_voice", {}),
    "too few voice turns to bound the p95": ("too_few_turns", {}),
    "more than 5 % of the answers never came, so their p95 is no number": ("never_came", {}),
    "the interval holds the target: too little was seen to tell": ("on_both_sides", {}),
    "no day has a figure": ("no_figures", {}),
    # The number of days is in the row's own column `cafe_days`.
    "fewer than 5 days of a café: nobody can tell how much days differ": ("too_few_days", {"required_cafe_days": 5}),
}
_UNPROBED = re.compile(
    r"([\d.]+)% of the (?:day so far|time) was not probed \(at most ([\d.]+)% may be unknown\)",
)


def convert_reasons(lake: Lake) -> dict[str, int]:
    """Convert every day that holds a sentence; return the number of converted days by table.

    Raises:
        LakeUnavailable: the lake cannot be reached; converted days stay converted.
    """
    converted = {}
    for table in TABLES:
        days = _days_with_sentences(lake, table)
        for day in days:
            lake.change_partition(table, day, _with_codes, commit=COMMIT)
        converted[table.name] = len(days)
    return converted


def _days_with_sentences(lake: Lake, table: Table) -> list[date]:
    if lake.version(table) is None:
        return []
    with lake.snapshot(table) as snapshot:
        found = snapshot.sql(f"SELECT DISTINCT day, why FROM {table.name} WHERE contains(why, ' ')")  # noqa: S608
    return sorted({day for day, why in found.iter_rows() if _codes(why) is not None})


def _with_codes(rows: pl.DataFrame) -> pl.DataFrame:
    converted = [
        _codes(why) or (why, details) if why is not None and " " in why else (why, details)
        for why, details in rows.select("why", "why_details").iter_rows()
    ]
    return rows.with_columns(
        pl.Series("why", [why for why, _ in converted], pl.String),
        pl.Series("why_details", [details for _, details in converted], pl.String),
    )


def _codes(text: str) -> tuple[str, str | None] | None:
    """Return the codes and details of a text's sentences; None if one is unknown."""
    codes: list[str] = []
    details: dict[str, float] = {}
    for sentence in text.split("; "):
        if (unprobed := _UNPROBED.fullmatch(sentence)) is not None:
            codes.append("unprobed")
            details |= {"unprobed_share": _share(unprobed[1]), "allowed_share": _share(unprobed[2])}
        elif sentence in _SENTENCES:
            code, figures = _SENTENCES[sentence]
            codes.append(code)
            details |= figures
        else:
            return None
    return ",".join(codes), json.dumps(details) if details else None


def _share(percent: str) -> float:
    return round(float(percent) / 100, 6)
