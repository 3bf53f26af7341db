"""The final outcomes of a day's payments, as rows of the lake's table `payments`.

A payout that was refused and later paid is one success; an unknown outcome is neither success nor failure; a voucher
that was redeemed after a failure did not fail.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, exists, func, select

from pilot.business_days import day_bounds
from pilot.lake_tables.payout_tables import PAYMENTS
from storage.lake_schema import conform, polars_schema
from storage.store.engine import Store
from storage.store.payouts.attempts import MONEY_RAILS
from storage.store.payouts.payment_facts import VOUCHER
from storage.store.schemas.money import vouchers
from storage.store.schemas.payout import (
    payout_batches,
    payout_claims,
    payout_instruction_rewards,
    payout_instructions,
)
from storage.store.schemas.provider import voucher_failures

FAILED = ("refused", "reversed")
OPEN = ("planned", "held", "in_flight", "needs_review")
COUNTS = ("succeeded", "failed", "succeeded_ore", "open", "issued", "expired")

Key = tuple[str, bool, str]


def of_day(store: Store, day: date) -> pl.DataFrame:
    """Return the PAYMENTS rows of a business day."""
    found: dict[Key, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    with store.reading() as connection:
        _vouchers(connection, day_bounds(day), found)
        _payouts(connection, day, found)
    rows = [
        {"day": day, "cafe": cafe, "simulated": simulated, "rail": rail, **counts}
        for (cafe, simulated, rail), counts in sorted(found.items())
    ]
    return conform(PAYMENTS, pl.DataFrame(rows, schema=polars_schema(PAYMENTS)))


def _vouchers(connection: Connection, bounds: tuple[datetime, datetime], found: dict[Key, dict[str, int]]) -> None:
    start, end = bounds
    table, failures = vouchers, voucher_failures
    of_cafe = (table.c.cafe, table.c.simulated)
    counted = select(*of_cafe, func.count(), func.sum(table.c.amount_ore)).group_by(*of_cafe)
    queries: tuple[tuple[str, Select[Any]], ...] = (
        ("issued", counted.where(table.c.issued_at >= start, table.c.issued_at < end)),
        (
            "succeeded",
            counted.where(table.c.state == "redeemed", table.c.redeemed_at >= start, table.c.redeemed_at < end),
        ),
        ("expired", counted.where(table.c.state == "expired", table.c.expires_at >= start, table.c.expires_at < end)),
    )
    for name, counts_query in queries:
        for cafe, simulated, count, ore in connection.execute(counts_query):
            counts = found[cafe, simulated, VOUCHER]
            counts[name] += count
            if name == "succeeded":
                counts["succeeded_ore"] += int(ore)
    later = exists(
        select(table.c.reward_id).where(table.c.reward_id == failures.c.reward_id, table.c.state == "redeemed")
    )
    query: Select[Any] = (
        select(failures.c.cafe, failures.c.simulated, func.count(failures.c.reward_id.distinct()))
        .where(failures.c.at >= start, failures.c.at < end, ~later)
        .group_by(failures.c.cafe, failures.c.simulated)
    )
    for cafe, simulated, count in connection.execute(query):
        found[cafe, simulated, VOUCHER]["failed"] += count


def _payouts(connection: Connection, day: date, found: dict[Key, dict[str, int]]) -> None:
    start, end = day_bounds(day)
    claim, made = payout_claims, payout_instructions
    joined = (
        select(claim.c.cafe, claim.c.simulated, claim.c.rail, made.c.state, claim.c.amount_ore)
        .join(payout_instruction_rewards, payout_instruction_rewards.c.reward_id == claim.c.reward_id)
        .join(made, made.c.id == payout_instruction_rewards.c.instruction_id)
    )
    ended = joined.where(made.c.state.in_(["paid", *FAILED]), made.c.changed_at >= start, made.c.changed_at < end)
    for cafe, simulated, rail, state, ore in connection.execute(ended):
        counts = found[cafe, _no_money(rail, simulated), rail]
        counts["succeeded" if state == "paid" else "failed"] += 1
        counts["succeeded_ore"] += ore if state == "paid" else 0
    batch = payout_batches
    waiting = joined.join(batch, batch.c.id == made.c.batch_id).where(batch.c.day == day, made.c.state.in_(OPEN))
    for cafe, simulated, rail, *_ in connection.execute(waiting):
        found[cafe, _no_money(rail, simulated), rail]["open"] += 1
    claimed = select(claim.c.cafe, claim.c.simulated, claim.c.rail).where(
        claim.c.claimed_at >= start, claim.c.claimed_at < end
    )
    for cafe, simulated, rail in connection.execute(claimed):
        found[cafe, _no_money(rail, simulated), rail]["issued"] += 1


def _no_money(rail: str, simulated: bool) -> bool:
    return simulated or rail not in MONEY_RAILS
