"""Saved reconciliations of the books with a provider, and the days with differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from pilot.business_days import business_day, day_bounds
from storage.store import outbox
from storage.store.engine import Store
from storage.store.payouts.payout_codes import DifferenceCode
from storage.store.schemas.payout import payout_batches
from storage.store.schemas.provider import reconciliations


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One reconciliation of a rail.

    Attributes:
        rail: The rail.
        at: When it was made, UTC.
        actor: Who reconciled.
        agrees: Whether both sides agree to the öre.
        adopted: The number of transfers added to the books.
        differences: The transfers to explain: code, instruction_id, account, reference.
        ours_ore: The paid sum by the books, by batch.
        theirs_ore: The provider's sum, by batch.
    """

    rail: str
    at: datetime
    actor: str
    agrees: bool
    adopted: int
    differences: Sequence[Mapping[str, str]]
    ours_ore: Mapping[str, int]
    theirs_ore: Mapping[str, int]

    @property
    def difference_ore(self) -> int:
        """Return the absolute differences summed over batches, so that opposite ones do not cancel out."""
        named = {*self.ours_ore, *self.theirs_ore}
        return sum(abs(self.ours_ore.get(each, 0) - self.theirs_ore.get(each, 0)) for each in named)


NOT_OURS: DifferenceCode = "not_ours"
READ_AT_ONCE = 50

_COLUMNS = tuple(reconciliations.c[name] for name in Reconciliation.__dataclass_fields__)


def save(store: Store, found: Reconciliation) -> None:
    """Save a reconciliation; if it differs from the previous one, touch the days concerned."""
    with store.begin() as connection:
        before = _last(connection, found.rail)
        connection.execute(
            insert(reconciliations).values(
                rail=found.rail,
                at=found.at,
                actor=found.actor,
                agrees=found.agrees,
                adopted=found.adopted,
                differences=[dict(each) for each in found.differences],
                ours_ore=dict(found.ours_ore),
                theirs_ore=dict(found.theirs_ore),
            )
        )
        for day in sorted(_days_that_changed(connection, before, found)):
            outbox.touch(connection, day=day, reason="reconciliation", at=found.at)


def last(store: Store, rail: str) -> Reconciliation | None:
    """Return a rail's latest reconciliation."""
    with store.reading() as connection:
        return _last(connection, rail)


def agreed_at(store: Store, rail: str) -> datetime | None:
    """Return the time of the last full agreement between rail and books; None if they never agreed."""
    query = select(reconciliations.c.at, reconciliations.c.agrees, reconciliations.c.differences)
    mine = query.where(reconciliations.c.rail == rail).order_by(reconciliations.c.at.desc())
    with store.reading() as connection:
        for at, agrees, differences in connection.execute(mine, execution_options={"yield_per": READ_AT_ONCE}):
            # Transfers by others are reported while recent; they cannot be our rewards.
            if agrees or (differences and all(each["code"] == NOT_OURS for each in differences)):
                moment: datetime = at
                return moment
    return None


def of_day(store: Store, day: date) -> list[Reconciliation]:
    """Return the reconciliations of a business day in order."""
    start, end = day_bounds(day)
    query = (
        select(*_COLUMNS)
        .where(reconciliations.c.at >= start, reconciliations.c.at < end)
        .order_by(reconciliations.c.id)
    )
    with store.reading() as connection:
        return [Reconciliation(*row) for row in connection.execute(query)]


def _last(connection: Connection, rail: str) -> Reconciliation | None:
    query = select(*_COLUMNS).where(reconciliations.c.rail == rail).order_by(reconciliations.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Reconciliation(*row)


def _days_that_changed(connection: Connection, before: Reconciliation | None, found: Reconciliation) -> set[date]:
    was = (
        ({}, {}, [], True)
        if before is None
        else (before.ours_ore, before.theirs_ore, list(before.differences), before.agrees)
    )
    if was == (found.ours_ore, found.theirs_ore, [dict(each) for each in found.differences], found.agrees):
        return set()
    changed = {
        batch
        for earlier, now in ((was[0], found.ours_ore), (was[1], found.theirs_ore))
        for batch in {*earlier, *now}
        if earlier.get(batch) != now.get(batch)
    }
    days = connection.execute(select(payout_batches.c.day).where(payout_batches.c.id.in_(changed))).scalars()
    return {*days, business_day(found.at)}
