"""Erasures: how far each has come, place by place, and which are late.

`tombstones.add` begins one. It is *asked* until every place was rewritten, *rewritten* until what held its rows
before is deleted for good and looked for in vain, then *done*.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import select, update

from storage.store.engine import Store
from storage.store.privacy import money_erasure
from storage.store.schemas.core import receipts
from storage.store.schemas.privacy import erasures

State = Literal["asked", "rewritten", "done"]
WITHIN_HOURS = 24  # what a guest is promised
WIPED = ("receipts", "reward_decisions", "onboardings", "recipient_devices", "recipient_statuses", "recipients")


@dataclass(frozen=True, slots=True)
class Erasure:
    """One session's erasure.

    Attributes:
        session_id: The session.
        day: Its business day.
        asked_at: When it was asked for, UTC.
        state: asked, rewritten or done.
        attempts: How often it was worked on.
        rewritten_at: When no place's present held it any more, UTC.
        done_at: When it was looked for in vain, UTC.
        places: What became of each place, in words without a guest's.
    """

    session_id: str
    day: date
    asked_at: datetime
    state: State
    attempts: int
    rewritten_at: datetime | None
    done_at: datetime | None
    places: Mapping[str, str]

    @property
    def due_at(self) -> datetime:
        """Return by when it must be done."""
        return self.asked_at + timedelta(hours=WITHIN_HOURS)

    def late(self, *, now: datetime) -> bool:
        """Return whether it is not done and should be."""
        return self.state != "done" and now > self.due_at


_COLUMNS = tuple(
    erasures.c[name]
    for name in ("session_id", "day", "asked_at", "state", "attempts", "rewritten_at", "done_at", "places")
)


def pending(store: Store) -> list[Erasure]:
    """Return the erasures that are not done, oldest first."""
    query = select(*_COLUMNS).where(erasures.c.state != "done").order_by(erasures.c.asked_at, erasures.c.session_id)
    with store.reading() as connection:
        return [Erasure(*row) for row in connection.execute(query)]


def find(store: Store, session_id: str) -> Erasure | None:
    """Return a session's erasure, None where it was never asked for."""
    with store.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(erasures.c.session_id == session_id)).first()
    return None if row is None else Erasure(*row)


def recent(store: Store, *, since: datetime) -> list[Erasure]:
    """Return the erasures that were asked for or done since a moment, and all that are not done; oldest first."""
    wanted = (erasures.c.state != "done") | (erasures.c.asked_at >= since) | (erasures.c.done_at >= since)
    query = select(*_COLUMNS).where(wanted).order_by(erasures.c.asked_at, erasures.c.session_id)
    with store.reading() as connection:
        return [Erasure(*row) for row in connection.execute(query)]


def move(store: Store, erasure: Erasure, *, state: State, places: Mapping[str, str]) -> None:
    """Note how far an erasure has come after one attempt."""
    at = store.now()
    values: dict[str, object] = {"state": state, "places": dict(places), "attempts": erasure.attempts + 1}
    values["rewritten_at"] = (erasure.rewritten_at or at) if state != "asked" else None
    values["done_at"] = at if state == "done" else None
    with store.begin() as connection:
        connection.execute(update(erasures).where(erasures.c.session_id == erasure.session_id).values(values))


def reopen(store: Store, sessions: Collection[str]) -> None:
    """Ask again for those of some sessions' erasures that are done: their events came back."""
    values = {
        "state": "asked",
        "places": {"landing": "came back"},
        "attempts": erasures.c.attempts + 1,
        "rewritten_at": None,
        "done_at": None,
    }
    known = erasures.c.session_id.in_(sessions) & (erasures.c.state == "done")
    with store.begin() as connection:
        connection.execute(update(erasures).where(known).values(values))


def pseudonymise(store: Store, session_id: str) -> None:
    """Take out of the store what the session's answers led to; what stays says only that there was a session.

    A receipt keeps its hash, its reference, its café and its day, so that its holder can be told that it was erased.
    What was decided and booked stays under a pseudonym. Done again it does what came meanwhile.
    """
    with store.begin() as connection:
        connection.execute(
            update(receipts)
            .where(receipts.c.session_id == session_id)
            .values(preliminary_score=None, preliminary_eligible=None)
        )
        money_erasure.unlink(connection, session_id)


def wipe_pages(store: Store) -> bool:
    """Have the store's file forget what was overwritten; return whether it is sure.

    SQLite overwrites what it deletes (`secure_delete`); here the log of its last writes is folded in and emptied. That
    needs a moment without readers. PostgreSQL lets go of the old rows (VACUUM); their bytes can stay in free space and
    in its write-ahead log until they are reused: identifiers, for a guest's words never are in the store.
    """
    if store.engine.dialect.name != "sqlite":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            with raw.cursor() as cursor:
                cursor.execute(f"VACUUM {', '.join(WIPED)}")
        return True
    with store.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
