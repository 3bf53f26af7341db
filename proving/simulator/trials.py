"""Extends trials: raises the limit of a simulated café before it is used up."""

from __future__ import annotations

from datetime import datetime

from pilot.cafes import Cafe
from proving.simulator.chances import TRIAL_AHEAD_DAYS, TRIAL_EXTENSION_DAYS
from storage.store.cafes import cafe_states, closed_doors
from storage.store.engine import Store

ACTOR = "simulator"
REASON = "simulated: the trial goes on"


def extend_in_time(store: Store, cafe: Cafe, *, at: datetime) -> int | None:
    """Raise a café's limit if few days' feedback is left as of `at`; return the new limit or None.

    Days may land after newer ones: later limits must cover their feedback too, so they are raised as much.
    """
    changes, a_day = closed_doors.trial_limits(store, cafe), cafe.expected_feedbacks_per_day.high
    limit = next((to for moment, to in reversed(changes) if moment <= at), cafe.trial_limit)
    if limit - closed_doors.trial_used(store, cafe, before=at) >= TRIAL_AHEAD_DAYS * a_day:
        return None
    more = TRIAL_EXTENSION_DAYS * a_day
    for moment, to in [(at, limit), *((moment, to) for moment, to in changes if moment > at)]:
        cafe_states.set_trial_limit(store, cafe.id, limit=to + more, actor=ACTOR, reason=REASON, at=moment)
    return limit + more
