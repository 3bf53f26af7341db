"""Faults of a few sessions: their rows are quarantined, and the rest of the day is paid and reported."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from quality.results import ExpectationResult, SuiteResult
from quality.session_rules import UUID7

if TYPE_CHECKING:
    import polars as pl

SESSION = "session_id"
# Of a day, over all tables. Beyond both the fault is the program's: on a small day five sessions, on a large one a
# twentieth. So is that of most sessions of a day, unless it is a single one.
MOST_SESSIONS = 5
MOST_SHARE = 0.05
IDENTIFIER = re.compile(UUID7)


def set_apart(results: Sequence[SuiteResult], *, frames: Mapping[str, pl.DataFrame]) -> list[SuiteResult]:
    """Return a day's results with a warning for each expectation that only a few sessions break.

    Nothing is paid for these sessions: their rows are in quarantine. The allowance counts the sessions over all
    expectations of a table, and over all tables of the day: many different faults are a fault of the program.

    Args:
        results: Each table's suite on the day.
        frames: The rows that were validated, by table.
    """
    few: dict[str, list[ExpectationResult]] = {}
    broken: set[str] = set()
    for result in results:
        frame = frames[result.table]
        items = [item for item in result.failed if item.severity == "stop" and _concerns_known_sessions(item, frame)]
        found = {frame[SESSION][place] for item in items for place in item.offenders}
        if found and _are_few(found, _sessions(frame)):
            few[result.table] = items
            broken |= found
    if not broken or not _are_few(broken, set().union(*(_sessions(frames[result.table]) for result in results))):
        return list(results)
    return [_warned(result, few.get(result.table, [])) for result in results]


def session_of(row: dict[str, object]) -> str | None:
    """Return the session that a row belongs to; None if it names none."""
    named = row.get(SESSION)
    return named if isinstance(named, str) and IDENTIFIER.fullmatch(named) else None


def _concerns_known_sessions(item: ExpectationResult, frame: pl.DataFrame) -> bool:
    """Return whether an expectation judges each row by itself, and every broken row names its session."""
    if not item.of_rows or not item.offenders or len(item.offenders) != item.counts.get("breaking"):
        return False
    return SESSION in frame.columns and all(session_of(frame.row(place, named=True)) for place in item.offenders)


def _are_few(broken: Collection[str], sessions: Collection[str]) -> bool:
    allowed = max(MOST_SESSIONS, MOST_SHARE * len(sessions))
    return len(broken) <= min(allowed, max(1, len(sessions) // 2))


def _sessions(frame: pl.DataFrame) -> set[str]:
    return set(frame[SESSION].unique().drop_nulls()) if SESSION in frame.columns else set()


def _warned(result: SuiteResult, few: Collection[ExpectationResult]) -> SuiteResult:
    warned = tuple(replace(item, severity="warn") if item in few else item for item in result.expectations)
    return replace(result, expectations=warned)
