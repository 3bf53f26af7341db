"""The outbox of the Monday digest: one row per week, café and manager, claimed before it is sent.

A row is claimed in a committed transaction before the letter leaves. If the process ends between the claim and the
outcome, nobody can know whether the letter left: the row becomes `unknown` and is sent again only by a person. So a
manager gets at most one letter a café and week by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, exists, false, func, insert, select, update

from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.digests import digests
from storage.store.schemas.money import restores

State = Literal["waiting", "not_configured", "sending", "sent", "refused", "unknown", "expired", "cancelled"]
Reason = Literal[
    "",
    "mailbox",  # the server refuses the mailbox or the letter for good
    "for_now",  # the server refuses for now: greylisting, a full mailbox, too many letters
    "unreachable",  # no connection, or it broke before the letter was sent
    "insecure",  # the server offers no TLS, or a certificate that is not trusted
    "sign_in",  # the server refuses the user or the password
    "broken_off",  # the connection broke while the letter was sent
    "crashed",  # the process ended before the outcome was recorded
    "no_figures",  # the lake cannot be read
    "restored",  # the store is of a backup from before: the letter may have left since
]
AGAIN: tuple[State, ...] = ("refused", "unknown", "expired", "not_configured")
CLAIM_LASTS = timedelta(minutes=15)  # Far above the sum of a sending's time limits.


@dataclass(frozen=True, slots=True)
class Digest:
    """One row.

    Attributes:
        id: Its identifier, part of the letter's Message-ID.
        week: The Monday.
        cafe: The café.
        account_id: The manager's account.
        state: Its state.
        attempts: How often it was claimed.
        next_at: When it may be claimed next, UTC.
        claimed_at: When it was last claimed, UTC.
        ended_at: When it reached a state that no attempt follows, UTC.
        reason: Why the last attempt did not send it; empty if it did.
        code: The server's answer; 0 without one.
    """

    id: str
    week: date
    cafe: str
    account_id: str
    state: State
    attempts: int
    next_at: datetime
    claimed_at: datetime | None
    ended_at: datetime | None
    reason: Reason
    code: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt; `waiting` means that it is tried again at `next_at`."""

    state: State
    reason: Reason = ""
    code: int = 0
    next_at: datetime | None = None


_COLUMNS = tuple(digests.c[field.name] for field in fields(Digest))


def plan(store: Store, *, week: date, recipients: Collection[tuple[str, str]], due: datetime, state: State) -> int:
    """Add a row for each café and account that has none for the week; return how many were added.

    Args:
        store: The store.
        week: The Monday.
        recipients: Cafés and accounts.
        due: When the digest of the week is due.
        state: waiting, or not_configured.
    """
    with store.reading() as connection:
        if not set(recipients) - _known(connection, week):
            return 0
    with store.begin() as connection:
        serialise(connection, "digests")
        new = sorted(set(recipients) - _known(connection, week))
        restored_at = _restored_at(connection)
        may_have_left = restored_at is not None and due < restored_at
        for cafe, account_id in new:
            connection.execute(
                insert(digests).values(
                    id=_identifier(week, cafe, account_id), week=week, cafe=cafe, account_id=account_id,
                    state="unknown" if may_have_left else state, attempts=0, next_at=due, claimed_at=None,
                    ended_at=restored_at if may_have_left else None, reason="restored" if may_have_left else "", code=0,
                )
            )  # fmt: skip
    return len(new)


def due_digests(store: Store, *, now: datetime, states: Sequence[State] = ("waiting",)) -> list[Digest]:
    """Return the rows that may be claimed now, the oldest first."""
    query = (
        select(*_COLUMNS)
        .where(digests.c.state.in_(states), digests.c.next_at <= now)
        .order_by(digests.c.week, digests.c.cafe, digests.c.id)
    )
    with store.reading() as connection:
        return [Digest(**row._mapping) for row in connection.execute(query)]


def claim(store: Store, digest: Digest, *, now: datetime) -> bool:
    """Claim a row for one attempt; of two processes, one gets it."""
    with store.begin() as connection:
        claimed = connection.execute(
            update(digests)
            .where(
                digests.c.id == digest.id,
                digests.c.state == digest.state,
                digests.c.attempts == digest.attempts,
                digests.c.next_at <= now,
            )
            .values(state="sending", attempts=digest.attempts + 1, claimed_at=now)
        )
    return claimed.rowcount == 1


def record(store: Store, digest: Digest, outcome: Outcome, *, now: datetime) -> None:
    """Record the outcome of the attempt that followed `claim(digest)`, also after its claim has lapsed."""
    ends = outcome.state != "waiting"
    with store.begin() as connection:
        connection.execute(
            update(digests)
            .where(
                digests.c.id == digest.id,
                digests.c.attempts == digest.attempts + 1,
                digests.c.state.in_(("sending", "unknown")),
            )
            .values(
                state=outcome.state, reason=outcome.reason, code=outcome.code, ended_at=now if ends else None,
                next_at=outcome.next_at or digest.next_at,
            )
        )  # fmt: skip


def end_without_sending(store: Store, digest: Digest, *, state: State, now: datetime) -> None:
    """End a row that waits: expired, or cancelled because its account no longer wants or may get it."""
    with store.begin() as connection:
        connection.execute(
            update(digests)
            .where(digests.c.id == digest.id, digests.c.state == digest.state, digests.c.attempts == digest.attempts)
            .values(state=state, ended_at=now)
        )


def lapse_claims(store: Store, *, now: datetime) -> int:
    """End the rows of which nobody knows whether they were sent; return how many.

    These are attempts without an outcome, and rows that were due before the store was put back from a backup.
    """
    crashed = (digests.c.state == "sending") & (digests.c.claimed_at < now - CLAIM_LASTS)
    with store.reading() as connection:
        restored_at = _restored_at(connection)
        restored = digests.c.state.in_(("waiting", "not_configured", "sending")) & (
            false() if restored_at is None else digests.c.next_at < restored_at
        )
        if not connection.execute(select(exists().where(crashed | restored))).scalar_one():
            return 0
    with store.begin() as connection:
        return sum(
            connection.execute(
                update(digests).where(lapsed).values(state="unknown", reason=reason, ended_at=now)
            ).rowcount
            for lapsed, reason in ((restored, "restored"), (crashed, "crashed"))
        )


def send_again(store: Store, digest: Digest, *, actor: str, reason: str, now: datetime) -> bool:
    """Let a row without a known delivery be sent again, as a person decided; return whether it is."""
    with store.begin() as connection:
        changed = connection.execute(
            update(digests)
            .where(digests.c.id == digest.id, digests.c.state.in_(AGAIN), digests.c.attempts == digest.attempts)
            .values(state="waiting", next_at=now, ended_at=None)
        )
        if changed.rowcount == 1:
            audit.record(
                connection, actor=actor, action="digest.send_again", subject=digest.id, reason=reason,
                details={"week": digest.week.isoformat(), "cafe": digest.cafe, "state": digest.state}, at=now,
            )  # fmt: skip
    return changed.rowcount == 1


def digests_of(store: Store, *, since: date) -> list[Digest]:
    """Return the rows of the weeks since a Monday, newest first."""
    query = (
        select(*_COLUMNS)
        .where(digests.c.week >= since)
        .order_by(digests.c.week.desc(), digests.c.cafe, digests.c.account_id)
    )
    with store.reading() as connection:
        return [Digest(**row._mapping) for row in connection.execute(query)]


def _known(connection: Connection, week: date) -> set[tuple[str, str]]:
    query = select(digests.c.cafe, digests.c.account_id).where(digests.c.week == week)
    return {(row.cafe, row.account_id) for row in connection.execute(query)}


def _identifier(week: date, cafe: str, account_id: str) -> str:
    """Return the same identifier for the same letter, so that mail programs recognise a second copy."""
    return hashlib.blake2b(f"{week} {cafe} {account_id}".encode(), digest_size=16).hexdigest()


def _restored_at(connection: Connection) -> datetime | None:
    found: datetime | None = connection.execute(select(func.max(restores.c.restored_at))).scalar()
    return found
