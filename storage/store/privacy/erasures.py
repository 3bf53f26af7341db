"""Erasures: their progress by place, and their deadlines.

`tombstones.add` begins an erasure. It is *asked* until every place is rewritten, *rewritten* until the old files are
deleted and a search finds nothing, then *done*.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, select, update

from storage.store.engine import Store
from storage.store.privacy import case_erasure, danger_erasure, label_erasure, money_erasure, webhook_erasure
from storage.store.schemas.core import receipts
from storage.store.schemas.privacy import erasures

State = Literal["asked", "rewritten", "done"]
PlaceCode = Literal[
    "rewritten",
    "waiting_for_replicas",
    "returned",
    "erased",
    "old_files_left",
    "pseudonymised",
    "readers_active",
    "searched",
    "files_left",
    "exported",
    "backups_unwritable",
]
WITHIN_HOURS = 24  # promised to guests
WIPED = (
    "receipts",
    "reward_decisions",
    "onboardings",
    "recipient_devices",
    "recipient_statuses",
    "recipients",
    "feedback_labels",
    "danger_reports",
    "case_sessions",
    "case_verdicts",
    "webhook_deliveries",
    "webhook_attempts",
)


@dataclass(frozen=True, slots=True)
class PlaceResult:
    """The result of an erasure at one place; its sentence is in `pilot/words/erasure.*.toml`.

    Attributes:
        code: The result.
        details: Names and numbers for the sentence: replicas, files, a count, an error's kind.
    """

    code: PlaceCode
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erasure:
    """One session's erasure.

    Attributes:
        session_id: The session.
        day: Its business day.
        asked_at: When it was requested, UTC.
        state: asked, rewritten or done.
        attempts: The number of attempts.
        rewritten_at: When every place was rewritten, UTC.
        done_at: When a search found nothing, UTC.
        places: The result of each place, without a guest's words.
    """

    session_id: str
    day: date
    asked_at: datetime
    state: State
    attempts: int
    rewritten_at: datetime | None
    done_at: datetime | None
    places: Mapping[str, PlaceResult]

    @property
    def due_at(self) -> datetime:
        """Return the deadline."""
        return self.asked_at + timedelta(hours=WITHIN_HOURS)

    def late(self, *, now: datetime) -> bool:
        """Return whether it has missed the deadline."""
        return self.state != "done" and now > self.due_at


_COLUMNS = tuple(
    erasures.c[name]
    for name in ("session_id", "day", "asked_at", "state", "attempts", "rewritten_at", "done_at", "places")
)


def _erasure(row: Row[Any]) -> Erasure:
    places = {place: PlaceResult(each["code"], tuple(each["details"])) for place, each in row.places.items()}
    return Erasure(**{**row._asdict(), "places": places})


def _as_json(places: Mapping[str, PlaceResult]) -> dict[str, object]:
    return {place: {"code": each.code, "details": list(each.details)} for place, each in places.items()}


def pending(store: Store) -> list[Erasure]:
    """Return the unfinished erasures, oldest first."""
    query = select(*_COLUMNS).where(erasures.c.state != "done").order_by(erasures.c.asked_at, erasures.c.session_id)
    with store.reading() as connection:
        return [_erasure(row) for row in connection.execute(query)]


def find(store: Store, session_id: str) -> Erasure | None:
    """Return a session's erasure, None if there is none."""
    with store.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(erasures.c.session_id == session_id)).first()
    return None if row is None else _erasure(row)


def recent(store: Store, *, since: datetime) -> list[Erasure]:
    """Return unfinished erasures, and those requested or done since a moment; oldest first."""
    wanted = (erasures.c.state != "done") | (erasures.c.asked_at >= since) | (erasures.c.done_at >= since)
    query = select(*_COLUMNS).where(wanted).order_by(erasures.c.asked_at, erasures.c.session_id)
    with store.reading() as connection:
        return [_erasure(row) for row in connection.execute(query)]


def record_progress(store: Store, erasure: Erasure, *, state: State, places: Mapping[str, PlaceResult]) -> None:
    """Record an erasure's progress after an attempt."""
    at = store.now()
    values: dict[str, object] = {"state": state, "places": _as_json(places), "attempts": erasure.attempts + 1}
    values["rewritten_at"] = (erasure.rewritten_at or at) if state != "asked" else None
    values["done_at"] = at if state == "done" else None
    with store.begin() as connection:
        connection.execute(update(erasures).where(erasures.c.session_id == erasure.session_id).values(values))


def reopen(store: Store, sessions: Collection[str]) -> None:
    """Reopen finished erasures of sessions whose events reappeared."""
    values = {
        "state": "asked",
        "places": _as_json({"landing": PlaceResult("returned")}),
        "attempts": erasures.c.attempts + 1,
        "rewritten_at": None,
        "done_at": None,
    }
    known = erasures.c.session_id.in_(sessions) & (erasures.c.state == "done")
    with store.begin() as connection:
        connection.execute(update(erasures).where(known).values(values))


def pseudonymise(store: Store, session_id: str) -> None:
    """Delete a session's results, labels, dangers, cases' links, webhooks; pseudonymise its decisions.

    A receipt keeps its hash, reference, café and day, so that its holder can see that it was erased. Decisions and
    bookings stay under a pseudonym. Repeated, it also covers rows added since.
    """
    with store.begin() as connection:
        connection.execute(
            update(receipts)
            .where(receipts.c.session_id == session_id)
            .values(preliminary_score=None, preliminary_eligible=None)
        )
        label_erasure.delete_of_session(connection, session_id)
        danger_erasure.delete_of_session(connection, session_id)
        case_erasure.delete_of_session(connection, session_id)
        webhook_erasure.delete_of_session(connection, session_id)
        money_erasure.unlink(connection, session_id)


def wipe_pages(store: Store) -> bool:
    """Remove deleted content from the store's files; return whether that is certain.

    SQLite overwrites deleted content (`secure_delete`); this also checkpoints and truncates its log, which needs a
    moment without readers. PostgreSQL frees the old rows (VACUUM); their bytes can stay in free space and in the
    write-ahead log until reused. They hold identifiers only: a guest's words are never in the store.
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
