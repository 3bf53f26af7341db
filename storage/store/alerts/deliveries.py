"""The outbox of alerts: rows are claimed in a committed transaction before anything leaves.

Rows of one bundle, channel and recipient leave as one message. If a process ends between the claim and the outcome,
nobody can know whether the message left: its rows become `unknown` and are not sent again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from pilot.identifiers import new_identifier
from storage.store.engine import Store, serialise
from storage.store.schemas.alerts import alert_deliveries as rows
from storage.store.schemas.incidents import incident_notices

Channel = Literal["slack", "slack_incidents", "email", "sms", "pagerduty"]
Kind = Literal["firing", "escalated", "acknowledged", "resolved", "text", "note", "test", "test_over"]
State = Literal["waiting", "sending", "delivered", "unknown", "dead", "cancelled", "not_configured"]
Reason = Literal[
    "",
    "refused",  # the service refuses for good: a wrong address, key or form
    "for_now",  # the service refuses for now: too many messages, or a fault of its own
    "unreachable",  # no connection
    "broken_off",  # the connection broke after the message had begun to leave
    "crashed",  # the process ended before the outcome was recorded
    "sign_in",  # the mail server refuses the user or the password
    "insecure",  # the mail server offers no TLS, or a certificate that is not trusted
    "no_number",  # the recipient has no number or address that can be used
]
CHANNELS: tuple[Channel, ...] = ("slack", "slack_incidents", "email", "sms", "pagerduty")
CLAIM_LASTS = timedelta(minutes=3)  # Above the sum of a sending's time limits.
ENDED: tuple[State, ...] = ("delivered", "unknown", "dead", "cancelled", "not_configured")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the outbox.

    Attributes:
        id: Its identifier; the same plan makes the same one.
        episode_id: The episode; empty for notes, texts and tests.
        kind: What the message says.
        channel: The channel.
        recipient: Whom it reaches: a person's role, a café, or empty for all of the channel.
        bundle: Rows of one bundle leave as one message.
        body: The text of a note, text or test; empty if the episode gives it.
        state: Its state.
        attempts: How often it was claimed.
        next_at: When it may be claimed next.
        claimed_at: When it was last claimed.
        ended_at: When it reached its final state.
        reason: Why the last attempt did not deliver it.
        code: The service's answer; 0 without one.
        message_id: The message of its last attempt.
        created_at: When it was planned.
    """

    id: str
    episode_id: str
    kind: Kind
    channel: Channel
    recipient: str
    bundle: str
    body: str
    state: State
    attempts: int
    next_at: datetime
    claimed_at: datetime | None
    ended_at: datetime | None
    reason: Reason
    code: int
    message_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt; `waiting` means that it is tried again at `next_at`."""

    state: State
    reason: Reason = ""
    code: int = 0
    next_at: datetime | None = None


_COLUMNS = tuple(rows.c[field.name] for field in fields(Delivery))


def planned(
    identifier: str,
    *,
    kind: Kind,
    channel: Channel,
    recipient: str,
    at: datetime,
    due: datetime | None = None,
    episode_id: str = "",
    bundle: str = "",
    body: str = "",
) -> Delivery:
    """Return a row that waits.

    Args:
        identifier: Its identifier.
        kind: What the message says.
        channel: The channel.
        recipient: Whom it reaches.
        at: When it is planned.
        due: When it may leave; at once by default.
        episode_id: The episode.
        bundle: The bundle; by default it leaves alone.
        body: The text, if no episode gives it.
    """
    return Delivery(
        id=identifier, episode_id=episode_id, kind=kind, channel=channel, recipient=recipient,
        bundle=bundle or identifier, body=body, state="waiting", attempts=0, next_at=due or at, claimed_at=None,
        ended_at=None, reason="", code=0, message_id="", created_at=at,
    )  # fmt: skip


def add(connection: Connection, deliveries: Sequence[Delivery]) -> int:
    """Add the rows that are not in the outbox yet, within a transaction; return how many."""
    ids = [each.id for each in deliveries]
    known = set(connection.execute(select(rows.c.id).where(rows.c.id.in_(ids))).scalars())
    new = [each for each in deliveries if each.id not in known]
    for each in new:
        connection.execute(insert(rows).values(**{field.name: getattr(each, field.name) for field in fields(Delivery)}))
    return len(new)


def add_claimed(connection: Connection, deliveries: Sequence[Delivery], *, at: datetime) -> None:
    """Add rows that this process sends at once, within a transaction: no watch claims them."""
    for each in deliveries:
        message = new_identifier()
        add(connection, [replace(each, state="sending", attempts=1, claimed_at=at, message_id=message)])


def claimed_of(store: Store, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Return rows as the outbox has them, in their order there."""
    ids = [each.id for each in deliveries]
    with store.reading() as connection:
        found = connection.execute(select(*_COLUMNS).where(rows.c.id.in_(ids)).order_by(rows.c.next_at, rows.c.id))
        return [Delivery(**row._mapping) for row in found]


def claim(store: Store, *, now: datetime) -> list[Delivery]:
    """Claim the rows of the next message; empty if nothing is due. Of two processes, one gets it."""
    with store.reading() as connection:
        due = (rows.c.state == "waiting") & (rows.c.next_at <= now)
        if connection.execute(select(rows.c.id).where(due).limit(1)).first() is None:
            return []
    with store.begin() as connection:
        serialise(connection, "alerts")
        first = connection.execute(select(*_COLUMNS).where(due).order_by(rows.c.next_at, rows.c.id).limit(1)).first()
        if first is None:
            return []
        mine = (
            due
            & (rows.c.bundle == first.bundle)
            & (rows.c.channel == first.channel)
            & (rows.c.recipient == first.recipient)
        )
        message = new_identifier()
        ids = list(connection.execute(select(rows.c.id).where(mine)).scalars())
        connection.execute(
            update(rows)
            .where(rows.c.id.in_(ids))
            .values(state="sending", attempts=rows.c.attempts + 1, claimed_at=now, message_id=message)
        )
        found = connection.execute(select(*_COLUMNS).where(rows.c.id.in_(ids)).order_by(rows.c.id))
        return [Delivery(**row._mapping) for row in found]


def record(store: Store, claimed: Sequence[Delivery], outcome: Outcome, *, now: datetime) -> None:
    """Record the outcome of a claimed message, also after its claim has lapsed."""
    ids, message = [each.id for each in claimed], claimed[0].message_id
    values: dict[str, object] = {"state": outcome.state, "reason": outcome.reason, "code": outcome.code}
    values["ended_at"] = now if outcome.state in ENDED else None
    if outcome.next_at is not None:
        values["next_at"] = outcome.next_at
    with store.begin() as connection:
        connection.execute(
            update(rows)
            .where(rows.c.id.in_(ids), rows.c.message_id == message, rows.c.state.in_(("sending", "unknown")))
            .values(**values)
        )
        for each in claimed:
            if each.kind == "text" and outcome.state == "delivered":
                _, incident, cafe, kind = each.id.split(" ")
                connection.execute(
                    update(incident_notices)
                    .where(
                        incident_notices.c.incident_id == incident,
                        incident_notices.c.cafe == cafe,
                        incident_notices.c.kind == kind,
                    )
                    .values(sent_at=now)
                )


def lapse_claims(store: Store, *, now: datetime) -> int:
    """End the rows whose process ended before the outcome; return how many.

    PagerDuty recognises a repeated event by its key, so there the row is sent again.
    """
    lapsed = (rows.c.state == "sending") & (rows.c.claimed_at < now - CLAIM_LASTS)
    with store.reading() as connection:
        if connection.execute(select(rows.c.id).where(lapsed).limit(1)).first() is None:
            return 0
    with store.begin() as connection:
        serialise(connection, "alerts")
        again = connection.execute(
            update(rows).where(lapsed & (rows.c.channel == "pagerduty")).values(state="waiting", next_at=now)
        )
        ended = connection.execute(update(rows).where(lapsed).values(state="unknown", reason="crashed", ended_at=now))
        return again.rowcount + ended.rowcount


def cancel_escalations(connection: Connection, episode_id: str, *, at: datetime) -> None:
    """Cancel an episode's escalations that have not left, within a transaction: it was acknowledged."""
    mine = (rows.c.episode_id == episode_id) & (rows.c.state == "waiting") & (rows.c.kind == "escalated")
    connection.execute(update(rows).where(mine).values(state="cancelled", ended_at=at))


def of_episodes(store: Store, identifiers: Collection[str]) -> dict[str, list[Delivery]]:
    """Return the rows of some episodes, oldest first."""
    query = select(*_COLUMNS).where(rows.c.episode_id.in_(list(identifiers))).order_by(rows.c.created_at, rows.c.id)
    found: dict[str, list[Delivery]] = {}
    with store.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.episode_id, []).append(Delivery(**row._mapping))
    return found


def since(store: Store, moment: datetime, *, kinds: Collection[Kind] = ()) -> list[Delivery]:
    """Return the rows planned since a moment, oldest first; of some kinds only if any are given."""
    query = select(*_COLUMNS).where(rows.c.created_at >= moment).order_by(rows.c.created_at, rows.c.id)
    if kinds:
        query = query.where(rows.c.kind.in_(list(kinds)))
    with store.reading() as connection:
        return [Delivery(**row._mapping) for row in connection.execute(query)]


def known(connection: Connection, prefix: str) -> bool:
    """Return within a transaction whether a row's id begins with some characters."""
    return connection.execute(select(rows.c.id).where(rows.c.id.startswith(prefix)).limit(1)).first() is not None


def paged(connection: Connection, episode_id: str) -> bool:
    """Return within a transaction whether PagerDuty was or will be notified of an episode."""
    wanted = (rows.c.episode_id == episode_id) & (rows.c.channel == "pagerduty") & (rows.c.state != "cancelled")
    return connection.execute(select(rows.c.id).where(wanted).limit(1)).first() is not None


def waiting_texts(connection: Connection, *, queued_since: datetime) -> list[tuple[str, str, str, str]]:
    """Return incident, café, kind and text of unsent texts to managers, within a transaction."""
    table = incident_notices.c
    query = select(table.incident_id, table.cafe, table.kind, table.message).where(
        table.sent_at.is_(None), table.queued_at >= queued_since
    )
    return [tuple(row) for row in connection.execute(query.order_by(table.id))]


def take_over(store: Store, outcomes: Mapping[str, Delivery]) -> int:
    """Add rows that were sent while the store was away, with their outcomes; return how many were new."""
    with store.begin() as connection:
        serialise(connection, "alerts")
        return add(connection, list(outcomes.values()))
