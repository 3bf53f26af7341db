"""Validates a business day: each table's suite, its verdicts as rows, and offending rows by key."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pilot.business_days import business_day, day_bounds
from pilot.cafes import Cafes
from pilot.lake_tables.columns import Table
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE, WHOLE_ROW
from pilot.lake_tables.tables import TABLES
from quality.day_cut import MOST_EVENTS, day_cut
from quality.results import ExpectationResult, SuiteResult
from quality.session_rules import UUID7
from quality.set_apart import session_of, set_apart
from quality.suites import suite_of, validate

if TYPE_CHECKING:
    import polars as pl

    from storage.lake import Lake

SETTLED_AFTER = timedelta(hours=12)
# The parts allowed in a key: identifiers, and names of the contract. Anything else could be a guest's words.
IDENTIFIER = re.compile(UUID7)
NAME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,63}")
MASKED = "(masked)"
NOT_JUDGED = frozenset({QUALITY_VERDICTS.name, QUARANTINE.name})  # the suites' own output


@dataclass(frozen=True, slots=True)
class DayVerdicts:
    """A validated day.

    Attributes:
        verdicts: Frame of QUALITY_VERDICTS.
        quarantine: Frame of QUARANTINE.
        stopping: The tables with a failed expectation that stops payments and reports.
        one_in: One in so many sessions was validated.
    """

    verdicts: pl.DataFrame
    quarantine: pl.DataFrame
    stopping: tuple[str, ...]
    one_in: int


def tables_with_suites() -> tuple[Table, ...]:
    """Return the tables with a suite: all except the two with the verdicts."""
    return tuple(table for name, table in TABLES.items() if name not in NOT_JUDGED)


def judge_day(
    lake: Lake,
    day: date,
    *,
    cafes: Cafes,
    now: datetime,
    tables: Collection[Table] = (),
    most_events: int = MOST_EVENTS,
    frozen: bool = False,
) -> DayVerdicts:
    """Run the suites on a day's rows; a table that was never written has no verdicts.

    Args:
        lake: The lake.
        day: The business day.
        cafes: The cafés.
        now: The moment of validation.
        tables: Only these; all if empty.
        most_events: A larger day is cut to some sessions (`quality.day_cut`).
        frozen: Whether the day is closed or redacted.
    """
    wanted = tuple(tables) or tables_with_suites()
    references = {other for table in wanted for other in suite_of(table.name).references}
    cut = day_cut(lake, {*wanted, *references}, day=day, most_events=most_events)
    frames = {name: frame.to_pandas() for name, frame in cut.frames.items()}
    whole = {name: counted.to_pandas() for name, counted in cut.counts.items()}
    settled = now >= day_bounds(day)[1] + SETTLED_AFTER
    verdicts: list[dict[str, Any]] = []
    offending: list[dict[str, Any]] = []
    stopping: list[str] = []
    results: list[SuiteResult] = []
    written = [table for table in wanted if cut.versions[table.name] is not None]
    for table in written:
        others = {other.name: frames[other.name] for other in suite_of(table.name).references}
        results.append(
            validate(
                table.name,
                frames[table.name],
                references=others,
                cafes=cafes,
                day=day,
                settled=settled,
                past=day < business_day(now),
                frozen=frozen,
                whole=whole,
            )
        )
    for table, result, outcome in zip(written, results, set_apart(results, frames=cut.frames), strict=True):
        shared = {"day": day, "table_name": table.name, "judged_at": now}
        verdicts += _verdicts(outcome, rows=cut.rows[table.name], version=cut.versions[table.name], shared=shared)
        offending += _offending(result, cut.frames[table.name], table=table, cafes=cafes, shared=shared)
        if outcome.stops:
            stopping.append(table.name)
    return DayVerdicts(
        verdicts=_frame(QUALITY_VERDICTS, verdicts),
        quarantine=_frame(QUARANTINE, offending).unique(QUARANTINE.key, keep="first", maintain_order=True),
        stopping=tuple(stopping),
        one_in=cut.one_in,
    )


def _verdicts(
    result: SuiteResult, *, rows: int, version: int | None, shared: dict[str, Any]
) -> Iterable[dict[str, Any]]:
    for item in result.expectations:
        yield shared | {
            "expectation": item.code,
            "severity": item.severity,
            "passed": item.passed,
            "rows": rows,
            "breaking": item.counts.get("breaking"),
            "table_version": version,
        }


def _offending(
    result: SuiteResult, frame: pl.DataFrame, *, table: Table, cafes: Cafes, shared: dict[str, Any]
) -> Iterable[dict[str, Any]]:
    for item in result.failed:
        for place in item.offenders:
            row = frame.row(place, named=True)
            cafe, simulated = row.get("cafe"), row.get("simulated")
            yield shared | {
                "cafe": cafe if cafe in cafes.ids else None,
                "simulated": simulated if isinstance(simulated, bool) else None,
                "row_key": row_key(table, row),
                "session_id": session_of(row),
                "expectation": item.code,
                "severity": item.severity,
                "reason": _reason(item),
            }


def row_key(table: Table, row: dict[str, Any]) -> str:
    """Return a row's key as one text; a part that is neither an identifier nor a plain name is masked."""
    return " ".join(_safe(name, row.get(name)) for name in table.key)


def _safe(name: str, value: Any) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    pattern = IDENTIFIER if name.endswith("_id") else NAME
    return value if isinstance(value, str) and pattern.fullmatch(value) else MASKED


def _reason(item: ExpectationResult) -> str:
    return ",".join(item.about) or WHOLE_ROW


def _frame(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    import polars as pl

    from storage.lake import polars_schema

    return pl.DataFrame(rows, schema=polars_schema(table), orient="row").sort(table.key)
