"""Valid vouchers that could not be redeemed at the till: the failures in the payment success rate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, insert, select

from pilot.business_days import business_day
from storage.store import outbox
from storage.store.engine import Store, serialise
from storage.store.schemas.money import vouchers
from storage.store.schemas.provider import voucher_failures


@dataclass(frozen=True, slots=True)
class VoucherFailure:
    """One valid voucher that a till could not redeem; `why` is the code of the cause."""

    reward_id: str
    cafe: str
    why: str
    at: datetime


def unredeemed_since(store: Store, *, since: datetime, simulated: bool) -> list[VoucherFailure]:
    """Return the failures since a moment whose voucher was not redeemed later either, newest first."""
    table = voucher_failures
    later = exists(select(vouchers.c.reward_id)).where(
        vouchers.c.reward_id == table.c.reward_id, vouchers.c.state == "redeemed"
    )
    query = (
        select(table.c.reward_id, table.c.cafe, table.c.why, table.c.at)
        .where(table.c.at >= since, table.c.simulated == simulated, ~later)
        .order_by(table.c.at.desc())
    )
    with store.reading() as connection:
        return [VoucherFailure(*row) for row in connection.execute(query)]


def record(store: Store, code_hash: str, *, cafe: str, why: str, at: datetime) -> bool:
    """Record that a till could not redeem a code; return whether the code was valid then.

    Invalid, redeemed, lapsed and cancelled codes, other cafés' codes, and repeated records are not failures.

    Args:
        store: The store.
        code_hash: The hash of the typed or scanned code.
        cafe: The till's café.
        why: The code of the cause: `store_away`.
        at: The time of the attempt.
    """
    with store.begin() as connection:
        serialise(connection, f"voucher:{code_hash}")
        row = connection.execute(select(vouchers).where(vouchers.c.code_hash == code_hash)).first()
        if row is None or row.cafe != cafe or not row.issued_at <= at < row.expires_at:
            return False
        if row.state not in ("issued", "redeemed") or (row.redeemed_at is not None and row.redeemed_at <= at):
            return False
        known = connection.execute(
            select(voucher_failures.c.id).where(
                voucher_failures.c.reward_id == row.reward_id, voucher_failures.c.at == at
            )
        ).first()
        if known is None:
            connection.execute(
                insert(voucher_failures).values(
                    reward_id=row.reward_id, cafe=cafe, simulated=row.simulated, why=why, at=at
                )
            )
            outbox.touch(connection, day=business_day(at), reason="voucher_failure", at=store.now())
        return True
