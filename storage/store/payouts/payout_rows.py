"""Batches, payouts and reconciliations of a day, as rows of the lake's tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import func, select

from pilot.lake_tables.payout_tables import LEDGER_AUDIT, PAYOUT_BATCHES, PAYOUTS
from storage.lake_schema import conform, polars_schema
from storage.store.engine import Store
from storage.store.ledger.auditor import Finding
from storage.store.payouts import bank_legs, reconciliations
from storage.store.payouts.attempts import MONEY_RAILS
from storage.store.payouts.instruction_rows import UNFINISHED
from storage.store.payouts.reconciliations import Reconciliation
from storage.store.schemas.payout import (
    payout_attempts,
    payout_batches,
    payout_instruction_rewards,
    payout_instructions,
)
from storage.store.schemas.provider import reconciliations as kept_table

FOR_A_PERSON = ("held", "refused", "needs_review")
ALL = "all"


def payouts_of_day(store: Store, day: date) -> pl.DataFrame:
    """Return the PAYOUTS rows of a batch day."""
    made, batch = payout_instructions, payout_batches
    query = (
        select(
            batch.c.day,
            made.c.id.label("payout_id"),
            made.c.batch_id,
            batch.c.rail,
            batch.c.simulated,
            made.c.state,
            made.c.code,
            made.c.amount_ore,
            _count(payout_instruction_rewards.c.instruction_id, made.c.id).label("rewards"),
            _count(payout_attempts.c.instruction_id, made.c.id).label("attempts"),
            made.c.reference,
            batch.c.planned_at.label("first_at"),
            made.c.changed_at.label("last_at"),
        )
        .join(batch, batch.c.id == made.c.batch_id)
        .where(batch.c.day == day)
        .order_by(made.c.id)
    )
    with store.reading() as connection:
        found = [dict(row._mapping) for row in connection.execute(query)]
        banks = bank_legs.carriers(connection, made.c.batch_id.in_(select(batch.c.id).where(batch.c.day == day)))
    rows = [_mark_simulated(each) | {"bank_state": _state(banks.get(each["payout_id"]))} for each in found]
    return conform(PAYOUTS, pl.DataFrame(rows, schema=polars_schema(PAYOUTS)))


def batches_of_day(store: Store, day: date) -> pl.DataFrame:
    """Return the PAYOUT_BATCHES rows of a day, including empty batches."""
    batch = payout_batches
    query = select(batch).where(batch.c.day == day).order_by(batch.c.id)
    with store.reading() as connection:
        found = [dict(row._mapping) for row in connection.execute(query)]
    payouts = payouts_of_day(store, day)
    rows = []
    for each in found:
        own = payouts.filter(pl.col("batch_id") == each["id"])
        rows.append(
            _mark_simulated({name: each[name] for name in ("day", "rail", "simulated", "approval", "planned_at")})
            | {
                "batch_id": each["id"],
                "payouts": own.height,
                "amount_ore": own["amount_ore"].sum(),
                "paid_ore": own.filter(pl.col("state") == "paid")["amount_ore"].sum(),
                "unfinished": own.filter(pl.col("state").is_in(UNFINISHED)).height,
                "for_a_person": own.filter(pl.col("state").is_in(FOR_A_PERSON)).height,
            }
        )
    return conform(PAYOUT_BATCHES, pl.DataFrame(rows, schema=polars_schema(PAYOUT_BATCHES)))


def audit_of_day(store: Store, day: date, *, facts: Sequence[Finding]) -> pl.DataFrame:
    """Return the LEDGER_AUDIT rows of a day: its batches, each rail's total, and the auditor's facts.

    Args:
        store: The store.
        day: The day.
        facts: The auditor's findings, on all of the books.
    """
    with store.reading() as connection:
        of_day = {
            row.id: row.rail
            for row in connection.execute(
                select(payout_batches.c.id, payout_batches.c.rail).where(payout_batches.c.day == day)
            )
        }
        rails = list(connection.execute(select(kept_table.c.rail).distinct().order_by(kept_table.c.rail)).scalars())
    rows = []
    for rail in rails:
        last = reconciliations.last(store, rail)
        assert last is not None
        rows += [_compared(day, last, batch) for batch, own in sorted(of_day.items()) if own == rail]
        if today := [each for each in reconciliations.of_day(store, day) if each.rail == rail]:
            rows.append(_total(day, today))
    broken = len({each.fact for each in facts})
    rows.append(
        _row(day, "books", "facts", ALL, ours=0, theirs=0, differences=broken, adopted=0, looked_at=None)
        | {"simulated": False}
    )
    return conform(LEDGER_AUDIT, pl.DataFrame(rows, schema=polars_schema(LEDGER_AUDIT)))


def _compared(day: date, last: Reconciliation, batch: str) -> dict[str, Any]:
    return _row(
        day,
        last.rail,
        "batch",
        batch,
        ours=last.ours_ore.get(batch, 0),
        theirs=last.theirs_ore.get(batch, 0),
        differences=sum(each["instruction_id"].startswith(f"{batch}-") for each in last.differences),
        adopted=0,
        looked_at=last.at,
    )


def _total(day: date, today: list[Reconciliation]) -> dict[str, Any]:
    last = today[-1]
    found = _row(
        day,
        last.rail,
        "total",
        ALL,
        ours=sum(last.ours_ore.values()),
        theirs=sum(last.theirs_ore.values()),
        differences=len(last.differences),
        adopted=sum(each.adopted for each in today),
        looked_at=last.at,
    )
    return found | {"agrees": last.agrees}


def _row(
    day: date, rail: str, scope: str, subject: str, *, ours: int, theirs: int, differences: int, **more: Any
) -> dict[str, Any]:
    return {
        "day": day,
        "simulated": rail not in MONEY_RAILS,
        "rail": rail,
        "scope": scope,
        "subject": subject,
        "ours_ore": ours,
        "theirs_ore": theirs,
        "differences": differences,
        "agrees": ours == theirs and not differences,
        **more,
    }


def _mark_simulated(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"simulated": row["simulated"] or row["rail"] not in MONEY_RAILS}


def _state(bank: bank_legs.BankRow | None) -> str | None:
    return None if bank is None else str(bank.state)


def _count(column: Any, mine: Any) -> Any:
    return select(func.count()).where(column == mine).scalar_subquery()
