"""Trials that go on: whoever leads a simulated pilot raises a café's limit before it is used up."""

from __future__ import annotations

from datetime import datetime

from pilot.cafes import Cafe
from simulator.chances import TRIAL_AHEAD_DAYS, TRIAL_EXTENSION_DAYS
from storage.store import cafe_states, trial_slots
from storage.store.engine import Store

ACTOR = "simulator"
REASON = "simulated: the trial goes on"


def extend_in_time(store: Store, cafe: Cafe, *, at: datetime) -> int | None:
    """Raise a café's limit where few days' feedback is left of it, as of a moment, and audited; return the new one."""
    use, a_day = trial_slots.usage(store, cafe), cafe.expected_feedbacks_per_day.high
    if use.limit - use.used >= TRIAL_AHEAD_DAYS * a_day:
        return None
    limit = use.limit + TRIAL_EXTENSION_DAYS * a_day
    cafe_states.set_trial_limit(store, cafe.id, limit=limit, actor=ACTOR, reason=REASON, at=at)
    return limit
