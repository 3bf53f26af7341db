"""Closed and redacted days are left as they are: what was reported from them stays what it was.

A closed day is rebuilt only by a run that says so in its tag `pilot/reopen` (`pilot materialize --reopen`, audited). A
redacted one never is: what it was made from is deleted, and a rebuild would make its figures zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from storage.store.engine import Store
from storage.store.privacy import day_states

REOPEN_TAG = "pilot/reopen"


def unchanging(store: Store, days: Sequence[date], *, reopened: bool) -> dict[date, day_states.State]:
    """Return those of some days that a run may not rebuild, with their states.

    Args:
        store: The store.
        days: The days that the run covers.
        reopened: Whether the run may rebuild closed days.
    """
    may = ("open", "closed") if reopened else ("open",)
    return {day: state for day, state in day_states.of(store, days).items() if state not in may}
