"""Reads the inputs of payment alerts: final payouts, batches awaiting approval, waiting events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, func, select

from storage.store.engine import Store
from storage.store.payouts.attempts import MONEY_RAILS
from storage.store.schemas.money import vouchers
from storage.store.schemas.payout import payout_batches, payout_instructions
from storage.store.schemas.provider import provider_events, voucher_failures

VOUCHER = "voucher"


@dataclass(frozen=True, slots=True)
class FinalOutcome:
    """A final payout; one that is retried or of unknown outcome is not final."""

    rail: str
    simulated: bool
    at: datetime
    failed: bool


@dataclass(frozen=True, slots=True)
class Events:
    """The delivery of a provider's events.

    Attributes:
        waiting_since: When the oldest unprocessed event was received.
        failed: The number of events that could not be processed.
        slowest_seconds: The longest delivery among the events received since `since`.
        live: The number of live events received by an installation that is not live; they are not processed.
    """

    waiting_since: datetime | None = None
    failed: int = 0
    slowest_seconds: float | None = None
    live: int = 0


def final_outcomes(store: Store, *, since: datetime) -> list[FinalOutcome]:
    """Return the payouts and vouchers that became final since a moment, on every rail."""
    with store.reading() as connection:
        return [*_of_instructions(connection, since), *_of_vouchers(connection, since)]


def waiting_batches(store: Store) -> list[tuple[str, datetime]]:
    """Return the batches that wait for approval, each with its planning time."""
    query = (
        select(payout_batches.c.id, payout_batches.c.planned_at)
        .where(payout_batches.c.approval == "waiting")
        .order_by(payout_batches.c.planned_at)
    )
    with store.reading() as connection:
        return [(row[0], row[1]) for row in connection.execute(query)]


def events(store: Store, *, rail: str, since: datetime) -> Events:
    """Return the delivery of a rail's events.

    Args:
        store: The store.
        rail: The installation's rail.
        since: The start of the period for deliveries.
    """
    table = provider_events
    mine, recent = table.c.rail == rail, (table.c.way == "webhook") & (table.c.received_at >= since)
    with store.reading() as connection:
        oldest = select(func.min(table.c.received_at)).where(mine, table.c.state == "waiting")
        waiting = connection.execute(oldest).scalar()
        failed = connection.execute(select(func.count()).where(mine, table.c.state == "failed")).scalar_one()
        came = connection.execute(select(table.c.made_at, table.c.received_at).where(mine, recent)).all()
        live = connection.execute(
            select(func.count()).where(recent, table.c.rail.in_(MONEY_RAILS - {rail}), table.c.state == "waiting")
        ).scalar_one()
    slowest = max((max(0.0, (received - made).total_seconds()) for made, received in came), default=None)
    return Events(waiting_since=waiting, failed=int(failed), slowest_seconds=slowest, live=int(live))


def _of_instructions(connection: Connection, since: datetime) -> list[FinalOutcome]:
    query = (
        select(
            payout_batches.c.rail,
            payout_batches.c.simulated,
            payout_instructions.c.changed_at,
            payout_instructions.c.state,
        )
        .join(payout_instructions, payout_instructions.c.batch_id == payout_batches.c.id)
        .where(
            payout_instructions.c.state.in_(["paid", "refused", "reversed"]), payout_instructions.c.changed_at >= since
        )
    )
    return [
        FinalOutcome(rail, simulated, at, state != "paid") for rail, simulated, at, state in connection.execute(query)
    ]


def _of_vouchers(connection: Connection, since: datetime) -> list[FinalOutcome]:
    redeemed = select(vouchers.c.simulated, vouchers.c.redeemed_at).where(
        vouchers.c.state == "redeemed", vouchers.c.redeemed_at >= since
    )
    later = exists(
        select(vouchers.c.reward_id).where(
            vouchers.c.reward_id == voucher_failures.c.reward_id, vouchers.c.state == "redeemed"
        )
    )
    failed = (
        select(voucher_failures.c.simulated, func.max(voucher_failures.c.at))
        .where(voucher_failures.c.at >= since, ~later)
        .group_by(voucher_failures.c.reward_id, voucher_failures.c.simulated)
    )
    return [
        *(FinalOutcome(VOUCHER, simulated, at, False) for simulated, at in connection.execute(redeemed)),
        *(FinalOutcome(VOUCHER, simulated, at, True) for simulated, at in connection.execute(failed)),
    ]
