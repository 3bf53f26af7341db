"""The tills' PIN of a café, stored as a hash; a new PIN signs out tills that used the old one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.money import till_pins


@dataclass(frozen=True, slots=True)
class TillPin:
    """A café's current PIN; `number` is 1 for its first."""

    cafe: str
    number: int
    pin_hash: str
    set_at: datetime


def replace(store: Store, cafe: str, *, pin_hash: Callable[[int], str], actor: str, reason: str) -> TillPin:
    """Set a café's next PIN.

    Args:
        store: The store.
        cafe: The café's id.
        pin_hash: Returns the PIN's hash for its number.
        actor: Who sets it.
        reason: Why.
    """
    with store.begin() as connection:
        serialise(connection, f"till_pin:{cafe}")
        last = connection.execute(select(till_pins.c.number).where(till_pins.c.cafe == cafe)).scalar()
        new = TillPin(cafe, (last or 0) + 1, pin_hash((last or 0) + 1), store.now())
        connection.execute(delete(till_pins).where(till_pins.c.cafe == cafe))
        connection.execute(
            insert(till_pins).values(cafe=cafe, number=new.number, pin_hash=new.pin_hash, set_at=new.set_at)
        )
        audit.record(connection, actor=actor, action="till_pin.replace", subject=cafe, reason=reason, at=new.set_at)
        return new


def find(store: Store, cafe: str) -> TillPin | None:
    """Return a café's current PIN, None if none was ever set."""
    with store.reading() as connection:
        row = connection.execute(select(till_pins).where(till_pins.c.cafe == cafe)).first()
    return None if row is None else TillPin(row.cafe, row.number, row.pin_hash, row.set_at)
