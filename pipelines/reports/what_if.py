"""Other numbers of cafés, sessions or replicas: places, guests who find none, and the cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from pipelines.statistics.queueing import erlang_b, places_for

SECONDS_AN_HOUR = 3600
MONTH_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The inputs.

    Attributes:
        cafes: The number of cafés.
        sessions_a_day: Started sessions a café and day.
        peak_share: The share of a day's sessions in its busiest hour, 0-1; the cafés have it at the same time.
        seconds: The mean length of a session.
        places: The sessions that one replica of the edge sustains at once.
        replicas: The replicas; a session goes to the one with most places free.
        replica_kr: What a replica costs a month, kronor.
        reward_kr: The rewards of one started session, kronor.
    """

    cafes: int
    sessions_a_day: float
    peak_share: float
    seconds: float
    places: int
    replicas: int
    replica_kr: float
    reward_kr: float

    @property
    def load(self) -> float:
        """Return the mean number of sessions at once in the busiest hour (erlang)."""
        return self.cafes * self.sessions_a_day * self.peak_share * self.seconds / SECONDS_AN_HOUR


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from a plan.

    Attributes:
        load: The mean number of sessions at once in the busiest hour.
        blocked: The share of that hour's guests who find all places of the plan's replicas taken.
        replicas_needed: The replicas with which at most one in a hundred does.
        sessions_a_month: Started sessions in thirty days.
        servers_kr: The plan's replicas for a café and month, kronor.
        servers_needed_kr: The needed replicas for a café and month, kronor.
        rewards_kr: The rewards of a café and month, kronor.
    """

    load: float
    blocked: float
    replicas_needed: int
    sessions_a_month: float
    servers_kr: float
    servers_needed_kr: float
    rewards_kr: float


def what_if(plan: Plan) -> Outcome:
    """Return what follows from a plan.

    Places of several replicas count as one pool: a guest finds none only if every replica is full. Guests arrive at
    random; how long sessions last matters only by its mean (`pipelines.statistics.queueing`).

    Raises:
        ValueError: a number without which there is no answer is not above 0.
    """
    if min(plan.cafes, plan.places, plan.replicas) < 1 or min(plan.sessions_a_day, plan.peak_share, plan.seconds) < 0:
        raise ValueError("cafés, places and replicas must be at least 1, and no number negative")
    needed = max(1, math.ceil(places_for(plan.load) / plan.places))
    a_month = plan.sessions_a_day * MONTH_DAYS
    return Outcome(
        load=plan.load,
        blocked=erlang_b(plan.places * plan.replicas, plan.load),
        replicas_needed=needed,
        sessions_a_month=plan.cafes * a_month,
        servers_kr=plan.replicas * plan.replica_kr / plan.cafes,
        servers_needed_kr=needed * plan.replica_kr / plan.cafes,
        rewards_kr=a_month * plan.reward_kr,
    )


def with_cafes(plan: Plan, cafes: int) -> Plan:
    """Return the same plan with another number of cafés."""
    return replace(plan, cafes=cafes)
