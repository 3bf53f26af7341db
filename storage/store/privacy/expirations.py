"""Expirations: the data deleted from each business day at the end of its retention period.

*Removed*: deleted from the current data. *Gone*: a search, old versions included, found nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection, insert, select, update

from pilot.lake_tables.retention_table import RETENTION
from pilot.time_limits import Kind
from storage.lake_schema import polars_schema
from storage.store.engine import Store, serialise
from storage.store.privacy import case_erasure, danger_erasure, label_erasure, webhook_erasure
from storage.store.schemas.money import reward_decisions
from storage.store.schemas.privacy import expirations

COUNTS = ("landing_lines", "lake_rows", "store_rows", "files")


@dataclass(frozen=True, slots=True)
class Expiration:
    """The expiration of one kind of data of one business day.

    Attributes:
        day: The business day.
        kind: audio, words or devices.
        kept_days: Its retention period, days.
        removed_at: When it was removed from the current data, UTC.
        gone_at: When a search found nothing, UTC; None before.
        landing_lines: Lines of the landing that were redacted or removed.
        lake_rows: Rows of the lake that were redacted or removed.
        store_rows: Rows of the store that were redacted or removed.
        files: Files that were deleted or replaced.
        landing: Fingerprint of the day's remaining segments.
    """

    day: date
    kind: Kind
    kept_days: int
    removed_at: datetime
    gone_at: datetime | None = None
    landing_lines: int = 0
    lake_rows: int = 0
    store_rows: int = 0
    files: int = 0
    landing: str = ""


def all_expirations(store: Store) -> list[Expiration]:
    """Return every expiration, oldest day first."""
    query = select(expirations).order_by(expirations.c.day, expirations.c.kind)
    with store.reading() as connection:
        return [Expiration(**row._mapping) for row in connection.execute(query)]


def expired(store: Store, kind: Kind) -> frozenset[date]:
    """Return the days with one kind of data removed."""
    with store.reading() as connection:
        return frozenset(connection.execute(select(expirations.c.day).where(expirations.c.kind == kind)).scalars())


def record(store: Store, expiration: Expiration) -> None:
    """Record a removal; a repeated one adds counts, and updates the times if it removed something.

    Devices are removed from the day's decisions; labels, reported dangers, and links to cases with the words. It is the
    same transaction: triggers allow this only after the recording.
    """
    mine = (expirations.c.day == expiration.day) & (expirations.c.kind == expiration.kind)
    with store.begin() as connection:
        serialise(connection, "expirations")
        before = connection.execute(select(expirations).where(mine)).first()
        values = asdict(expiration)
        if before is None:
            connection.execute(insert(expirations).values(values))
        forgotten = _remove_from_store(connection, expiration.day, expiration.kind)
        counts = {name: values[name] + (getattr(before, name) if before is not None else 0) for name in COUNTS}
        counts["store_rows"] += forgotten
        found = forgotten or any(values[name] for name in COUNTS)
        moments = {"removed_at": expiration.removed_at, "gone_at": None} if found or before is None else {}
        connection.execute(update(expirations).where(mine).values(counts | moments))


def record_landing(store: Store, day: date, landing: str) -> None:
    """Record the fingerprint of a day's segments, which reveals a replica that publishes late."""
    with store.begin() as connection:
        connection.execute(update(expirations).where(expirations.c.day == day).values(landing=landing))


def _remove_from_store(connection: Connection, day: date, kind: Kind) -> int:
    """Remove one kind of a day from the store; return the number of changed rows."""
    if kind == "words":
        rooms = (label_erasure, danger_erasure, case_erasure, webhook_erasure)
        return sum(room.delete_of_day(connection, day) for room in rooms)
    return _forget_devices(connection, day) if kind == "devices" else 0


def _forget_devices(connection: Connection, day: date) -> int:
    known = (reward_decisions.c.day == day) & reward_decisions.c.device.is_not(None)
    return connection.execute(update(reward_decisions).where(known).values(device=None)).rowcount


def confirm(store: Store, days: Collection[date], kind: Kind, *, at: datetime) -> None:
    """Record that a search found no data of a kind on some days."""
    mine = expirations.c.day.in_(list(days)) & (expirations.c.kind == kind) & expirations.c.gone_at.is_(None)
    with store.begin() as connection:
        connection.execute(update(expirations).where(mine).values(gone_at=at))


def of_day(store: Store, day: date) -> pl.DataFrame:
    """Return the RETENTION rows of a day."""
    rows = [
        {name: getattr(each, name) for name in RETENTION.names} for each in all_expirations(store) if each.day == day
    ]
    return pl.DataFrame(rows, schema=polars_schema(RETENTION))


def days_with_devices(store: Store) -> frozenset[date]:
    """Return the days with a device's hash in a decision."""
    query = select(reward_decisions.c.day).where(reward_decisions.c.device.is_not(None)).distinct()
    with store.reading() as connection:
        return frozenset(connection.execute(query).scalars())
