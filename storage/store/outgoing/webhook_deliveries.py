"""Deliveries of webhooks: planned once a rule and session, claimed, and recorded by attempt.

A claim without an outcome lapses and is tried again: a receiver gets each delivery at least once, by one webhook-id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from pilot.identifiers import new_identifier
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.core import tombstones
from storage.store.schemas.webhooks import webhook_attempts, webhook_deliveries, webhook_rules

DeliveryState = Literal["waiting", "sending", "delivered", "failed", "cancelled"]
Outcome = Literal[
    "ok",
    "status",  # an answer other than 2xx
    "redirect",  # not followed
    "gone",  # 410: the receiver wants no more
    "forbidden_address",  # the name leads to an address that is not public
    "unresolved",
    "unreachable",
    "insecure",  # no TLS, or a certificate that is not trusted
    "too_slow",
    "broken_off",
]
CLAIM_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery.

    Attributes:
        id: The webhook-id, the same for every attempt.
        rule_id: The rule.
        session_id: The session; None for a test.
        day: Its business day; None for a test.
        state: Its state.
        attempts: How often it was claimed.
        next_at: When it may be claimed next, UTC.
        claimed_at: When it was last claimed, UTC.
        created_at: When the rule matched, UTC.
    """

    id: str
    rule_id: str
    session_id: str | None
    day: date | None
    state: DeliveryState
    attempts: int
    next_at: datetime
    claimed_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: when, how long, the HTTP status (0 without one) and what became of it."""

    delivery_id: str
    number: int
    at: datetime
    duration_ms: int
    status: int
    outcome: Outcome


_COLUMNS = tuple(webhook_deliveries.c[field.name] for field in fields(Delivery))


def plan_deliveries(store: Store, rule_id: str, sessions: Iterable[tuple[str, date]]) -> int:
    """Add a delivery for each session without one of this rule, unless erased; return how many."""
    wanted = dict(sessions)
    with store.reading() as connection:
        if not wanted or not set(wanted) - _known(connection, rule_id, wanted):
            return 0
    with store.begin() as connection:
        serialise(connection, f"webhooks:{rule_id}")
        erased = set(
            connection.execute(
                select(tombstones.c.session_id).where(tombstones.c.session_id.in_(list(wanted)))
            ).scalars()
        )
        new = sorted(set(wanted) - _known(connection, rule_id, wanted) - erased)
        for session_id in new:
            _add(connection, rule_id, session_id=session_id, day=wanted[session_id], at=store.now())
    return len(new)


def plan_test(store: Store, rule_id: str, *, by: str) -> str:
    """Add a test delivery, which names no session; return its id."""
    with store.begin() as connection:
        delivery_id = _add(connection, rule_id, session_id=None, day=None, at=store.now())
        audit.record(connection, actor=by, action="rule.test", subject=rule_id)
    return delivery_id


def due_deliveries(store: Store, *, now: datetime, most: int) -> list[Delivery]:
    """Return deliveries that may be claimed now, the longest due first; lapsed claims are among them."""
    lapsed = (webhook_deliveries.c.state == "sending") & (webhook_deliveries.c.claimed_at < now - CLAIM_LASTS)
    due = (webhook_deliveries.c.state == "waiting") & (webhook_deliveries.c.next_at <= now)
    query = select(*_COLUMNS).where(lapsed | due).order_by(webhook_deliveries.c.next_at, webhook_deliveries.c.id)
    with store.reading() as connection:
        return [Delivery(**row._mapping) for row in connection.execute(query.limit(most))]


def claim(store: Store, delivery: Delivery, *, now: datetime) -> bool:
    """Claim a delivery for one attempt; of two processes one gets it, and of an erased session none."""
    erased = select(tombstones.c.session_id)
    with store.begin() as connection:
        claimed = connection.execute(
            update(webhook_deliveries)
            .where(
                webhook_deliveries.c.id == delivery.id,
                webhook_deliveries.c.state == delivery.state,
                webhook_deliveries.c.attempts == delivery.attempts,
                webhook_deliveries.c.session_id.is_(None) | webhook_deliveries.c.session_id.not_in(erased),
            )
            .values(state="sending", attempts=delivery.attempts + 1, claimed_at=now)
        )
    return claimed.rowcount == 1


def record_attempt(store: Store, attempt: Attempt, *, state: DeliveryState, next_at: datetime) -> None:
    """Record an attempt and the state that follows it; nothing of a delivery that was deleted meanwhile."""
    with store.begin() as connection:
        mine = webhook_deliveries.c.id == attempt.delivery_id
        if connection.execute(select(webhook_deliveries.c.id).where(mine)).first() is None:
            return
        connection.execute(
            insert(webhook_attempts).values({field.name: getattr(attempt, field.name) for field in fields(Attempt)})
        )
        connection.execute(
            update(webhook_deliveries)
            .where(mine, webhook_deliveries.c.state == "sending", webhook_deliveries.c.attempts == attempt.number)
            .values(state=state, next_at=next_at)
        )


def cancel(store: Store, delivery: Delivery) -> None:
    """End a delivery that waits, because its rule is off or its session is gone."""
    with store.begin() as connection:
        connection.execute(
            update(webhook_deliveries)
            .where(webhook_deliveries.c.id == delivery.id, webhook_deliveries.c.state == delivery.state)
            .values(state="cancelled")
        )


def deliver_again(store: Store, delivery_id: str, *, by: str, at: datetime) -> bool:
    """Let a delivery be tried again now, as a person asked; return whether it will be."""
    with store.begin() as connection:
        changed = connection.execute(
            update(webhook_deliveries)
            .where(
                webhook_deliveries.c.id == delivery_id,
                webhook_deliveries.c.state.in_(("delivered", "failed", "cancelled", "waiting")),
            )
            .values(state="waiting", next_at=at)
        )
        if changed.rowcount == 1:
            audit.record(connection, actor=by, action="rule.deliver_again", subject=delivery_id, at=at)
    return changed.rowcount == 1


def deliveries_of(store: Store, cafes: Collection[str], *, most: int) -> list[tuple[Delivery, tuple[Attempt, ...]]]:
    """Return the latest deliveries of some cafés' rules with their attempts, newest first."""
    query = (
        select(*_COLUMNS)
        .join(webhook_rules, webhook_rules.c.id == webhook_deliveries.c.rule_id)
        .where(webhook_rules.c.cafe.in_(sorted(cafes)))
        .order_by(webhook_deliveries.c.created_at.desc(), webhook_deliveries.c.id.desc())
        .limit(most)
    )
    columns = (webhook_attempts.c[field.name] for field in fields(Attempt))
    with store.reading() as connection:
        found = [Delivery(**row._mapping) for row in connection.execute(query)]
        tried: dict[str, list[Attempt]] = {}
        wanted = webhook_attempts.c.delivery_id.in_([each.id for each in found])
        for row in connection.execute(select(*columns).where(wanted).order_by(webhook_attempts.c.id)):
            tried.setdefault(row.delivery_id, []).append(Attempt(**row._mapping))
    return [(each, tuple(tried.get(each.id, ()))) for each in found]


def _known(connection: Connection, rule_id: str, sessions: Collection[str]) -> set[str]:
    mine = (webhook_deliveries.c.rule_id == rule_id) & webhook_deliveries.c.session_id.in_(list(sessions))
    return set(connection.execute(select(webhook_deliveries.c.session_id).where(mine)).scalars())


def _add(connection: Connection, rule_id: str, *, session_id: str | None, day: date | None, at: datetime) -> str:
    delivery_id = f"msg_{new_identifier()}"
    connection.execute(
        insert(webhook_deliveries).values(
            id=delivery_id, rule_id=rule_id, session_id=session_id, day=day, state="waiting", attempts=0, next_at=at,
            claimed_at=None, created_at=at,
        )
    )  # fmt: skip
    return delivery_id
