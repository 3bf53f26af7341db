"""Protects closed and redacted days from rebuilds, so that reported figures stay the same.

A closed day is rebuilt only by a run with the tag `pilot/reopen` (`pilot materialize --reopen`, audited). A redacted
day is never rebuilt: its raw data is deleted, and a rebuild would set its figures to zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from storage.store.engine import Store
from storage.store.privacy import day_states

REOPEN_TAG = "pilot/reopen"


def protected_days(store: Store, days: Sequence[date], *, reopened: bool) -> dict[date, day_states.State]:
    """Return the days that a run must not rebuild, with their states.

    Args:
        store: The store.
        days: The days that the run covers.
        reopened: Whether the run may rebuild closed days.
    """
    rebuildable = ("open", "closed") if reopened else ("open",)
    return {day: state for day, state in day_states.of(store, days).items() if state not in rebuildable}
