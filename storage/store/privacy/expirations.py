"""Expirations: what of a business day went because its time was over, when, and how much of it.

*Removed*: no place's present holds it any more. *Gone*: it was looked for, old versions included, and not found.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection, insert, select, update

from pilot.retention_table import RETENTION
from pilot.time_limits import Kind
from storage.lake_schema import polars_schema
from storage.store.engine import Store, serialise
from storage.store.schemas.money import reward_decisions
from storage.store.schemas.privacy import expirations

COUNTS = ("landing_lines", "lake_rows", "store_rows", "files")


@dataclass(frozen=True, slots=True)
class Expiration:
    """One kind of one business day.

    Attributes:
        day: The business day.
        kind: audio, words or devices.
        kept_days: For how many days it was to be kept.
        removed_at: When no place's present held it any more, UTC.
        gone_at: When it was looked for in vain, UTC; None before.
        landing_lines: Lines of the landing that were emptied or taken out.
        lake_rows: Rows of the lake that were emptied or taken out.
        store_rows: Rows of the store that were emptied.
        files: Files that were deleted or replaced.
        landing: Fingerprint of the day's segments as they were left.
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
    """Return the days of which everything of one kind was removed."""
    with store.reading() as connection:
        return frozenset(connection.execute(select(expirations.c.day).where(expirations.c.kind == kind)).scalars())


def note(store: Store, expiration: Expiration) -> None:
    """Note what was removed of a day: a second removal adds to the first, and where it found nothing changes no moment.

    Devices go from the day's decisions in the same transaction: the database allows it only once that is noted.
    """
    mine = (expirations.c.day == expiration.day) & (expirations.c.kind == expiration.kind)
    with store.begin() as connection:
        serialise(connection, "expirations")
        before = connection.execute(select(expirations).where(mine)).first()
        values = asdict(expiration)
        if before is None:
            connection.execute(insert(expirations).values(values))
        forgotten = _forget_devices(connection, expiration.day) if expiration.kind == "devices" else 0
        counts = {name: values[name] + (getattr(before, name) if before is not None else 0) for name in COUNTS}
        counts["store_rows"] += forgotten
        found = forgotten or any(values[name] for name in COUNTS)
        moments = {"removed_at": expiration.removed_at, "gone_at": None} if found or before is None else {}
        connection.execute(update(expirations).where(mine).values(counts | moments))


def note_landing(store: Store, day: date, landing: str) -> None:
    """Note how a day's segments were left; others than these mean that a replica published late."""
    with store.begin() as connection:
        connection.execute(update(expirations).where(expirations.c.day == day).values(landing=landing))


def _forget_devices(connection: Connection, day: date) -> int:
    known = (reward_decisions.c.day == day) & reward_decisions.c.device.is_not(None)
    return connection.execute(update(reward_decisions).where(known).values(device=None)).rowcount


def confirm(store: Store, days: Collection[date], kind: Kind, *, at: datetime) -> None:
    """Note that a kind of some days was looked for in vain."""
    mine = expirations.c.day.in_(list(days)) & (expirations.c.kind == kind) & expirations.c.gone_at.is_(None)
    with store.begin() as connection:
        connection.execute(update(expirations).where(mine).values(gone_at=at))


def of_day(store: Store, day: date) -> pl.DataFrame:
    """Return a day's expirations as the lake's table `retention` has them."""
    rows = [
        {name: getattr(each, name) for name in RETENTION.names} for each in all_expirations(store) if each.day == day
    ]
    return pl.DataFrame(rows, schema=polars_schema(RETENTION))


def days_with_devices(store: Store) -> frozenset[date]:
    """Return the days whose decisions still hold a device's hash."""
    query = select(reward_decisions.c.day).where(reward_decisions.c.device.is_not(None)).distinct()
    with store.reading() as connection:
        return frozenset(connection.execute(query).scalars())
