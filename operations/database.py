"""Optimizes the store, with its numbers before and after, recorded in the audit log."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from storage.home import Home
from storage.inspection.queries import Optimization, optimize, timed_queries
from storage.inspection.status import store_status
from storage.store import audit

OPTIMIZED = "db.optimize"


def numbers(home: Home) -> Optimization:
    """Return the numbers that an optimization changes."""
    store = home.store()
    milliseconds = sum(each.milliseconds for each in timed_queries(store))
    status = store_status(store)
    return Optimization(round(milliseconds, 1), status.size_bytes, status.wal_bytes)


def optimize_store(
    home: Home, *, vacuum: bool, now: datetime, actor: str, reason: str
) -> tuple[Optimization, Optimization]:
    """Optimize the store; return the numbers before and after.

    Args:
        home: The home.
        vacuum: Whether to rewrite a SQLite file, during which nobody else writes.
        now: The current time, UTC.
        actor: Who optimizes, for the audit log.
        reason: Why, for the audit log.
    """
    store = home.store()
    before = numbers(home)
    optimize(store, vacuum=vacuum)
    after = numbers(home)
    with store.begin() as connection:
        audit.record(
            connection, actor=actor, action=OPTIMIZED, subject="store", reason=reason, at=now,
            details={"before": asdict(before), "after": asdict(after), "vacuum": vacuum},
        )  # fmt: skip
    return before, after
