"""Faults of a few sessions: their rows are quarantined, and the rest of the day is paid and reported."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from quality.results import ExpectationResult, SuiteResult
from quality.session_rules import UUID7

if TYPE_CHECKING:
    import polars as pl

SESSION = "session_id"
# Beyond both the fault is the table's: on a small day five sessions, on a large one a twentieth. So is that of most
# sessions of a day, unless it is a single one.
MOST_SESSIONS = 5
MOST_SHARE = 0.05
IDENTIFIER = re.compile(UUID7)


def set_apart(result: SuiteResult, *, frame: pl.DataFrame) -> SuiteResult:
    """Return the result with a warning for each expectation that only a few sessions break.

    Nothing is paid for these sessions: their rows are in quarantine. The allowance counts the sessions over all
    expectations of the table, so that many different faults are a fault of the table too.

    Args:
        result: The table's suite on the day.
        frame: The rows that were validated.
    """
    few = [item for item in result.failed if item.severity == "stop" and _concerns_known_sessions(item, frame)]
    broken = {frame[SESSION][place] for item in few for place in item.offenders}
    sessions = frame[SESSION].n_unique() if SESSION in frame.columns else 0
    if len(broken) > max(MOST_SESSIONS, MOST_SHARE * sessions) or len(broken) > max(1, sessions // 2):
        return result
    warned = tuple(replace(item, severity="warn") if item in few else item for item in result.expectations)
    return replace(result, expectations=warned)


def session_of(row: dict[str, object]) -> str | None:
    """Return the session that a row belongs to; None if it names none."""
    named = row.get(SESSION)
    return named if isinstance(named, str) and IDENTIFIER.fullmatch(named) else None


def _concerns_known_sessions(item: ExpectationResult, frame: pl.DataFrame) -> bool:
    """Return whether an expectation judges each row by itself, and every broken row names its session."""
    if not item.of_rows or not item.offenders or len(item.offenders) != item.counts.get("breaking"):
        return False
    return SESSION in frame.columns and all(session_of(frame.row(place, named=True)) for place in item.offenders)
