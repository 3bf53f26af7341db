"""Silences: alerts that match one are recorded, and nobody is notified until it ends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from sqlalchemy import insert, select, update

from storage.errors import StorageError
from storage.store import audit
from storage.store.alerts.episodes import Episode
from storage.store.engine import Store, serialise
from storage.store.schemas.alerts import alert_silences as rows

LONGEST = timedelta(days=31)
MOST_CHARACTERS = 200


class SilenceRefused(StorageError):
    """A silence's field is not usable, or there is no such silence."""


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence; a pattern may have * and ?, and an empty one matches everything.

    Attributes:
        id: Its number.
        name: A pattern of alerts' names.
        subject: A pattern of subjects.
        cafe: The café; empty for any.
        reason: Why.
        actor: By whom.
        created_at: When it began.
        until: When it ends by itself.
        ended_at: When it was ended before that.
    """

    id: int
    name: str
    subject: str
    cafe: str
    reason: str
    actor: str
    created_at: datetime
    until: datetime
    ended_at: datetime | None

    def is_active(self, at: datetime) -> bool:
        """Return whether it silences at a moment."""
        return self.ended_at is None and self.created_at <= at < self.until

    def matches(self, episode: Episode) -> bool:
        """Return whether it is about an episode."""
        return (
            fnmatchcase(episode.name, self.name or "*")
            and fnmatchcase(episode.subject, self.subject or "*")
            and self.cafe in ("", episode.cafe)
        )


_COLUMNS = tuple(rows.c[field.name] for field in fields(Silence))


def literal(text: str) -> str:
    """Return a pattern that matches a text and nothing else."""
    return re.sub(r"([*?[])", r"[\1]", text)


def is_silenced(episode: Episode, silences: Iterable[Silence], *, at: datetime) -> bool:
    """Return whether an active silence matches an episode."""
    return any(each.is_active(at) and each.matches(episode) for each in silences)


def add(
    store: Store, *, name: str, subject: str = "", cafe: str = "", reason: str, actor: str, until: datetime
) -> Silence:
    """Begin a silence; return it.

    Raises:
        SilenceRefused: it matches every alert, has no reason, is too long, or has ended already.
    """
    now = store.now()
    if not (name.strip("* ") or subject.strip("* ") or cafe):
        raise SilenceRefused(
            "The silence matches every alert.", remedy="Name a kind, a subject or a café; patterns may have * and ?."
        )
    if not reason.strip() or max(map(len, (name, subject, cafe, reason))) > MOST_CHARACTERS:
        raise SilenceRefused(
            f"The reason is missing, or a field is longer than {MOST_CHARACTERS} characters.",
            remedy="Say in a sentence why.",
        )
    if not now < until <= now + LONGEST:
        raise SilenceRefused(
            f"A silence ends in the future, after at most {LONGEST.days} days.", remedy="Give an earlier end."
        )
    values = {
        "name": name.strip(), "subject": subject.strip(), "cafe": cafe, "reason": reason.strip(), "actor": actor,
        "created_at": now, "until": until,
    }  # fmt: skip
    with store.begin() as connection:
        serialise(connection, "alerts")
        key = connection.execute(insert(rows).values(**values)).inserted_primary_key
        assert key is not None
        made = connection.execute(select(*_COLUMNS).where(rows.c.id == key[0])).one()
        audit.record(
            connection,
            actor=actor,
            action="alert.silence",
            subject=f"silence {made.id}",
            reason=reason.strip(),
            details={"name": name, "subject": subject, "cafe": cafe, "until": until.isoformat()},
            at=now,
        )
    return Silence(**made._mapping)


def end(store: Store, number: int, *, actor: str, reason: str) -> Silence:
    """End a silence before its time; return it.

    Raises:
        SilenceRefused: there is none with this number, or it has ended.
    """
    now = store.now()
    with store.begin() as connection:
        serialise(connection, "alerts")
        found = connection.execute(select(*_COLUMNS).where(rows.c.id == number)).first()
        if found is None or not Silence(**found._mapping).is_active(now):
            raise SilenceRefused(
                f"There is no active silence {number}.", remedy="`pilot alerts silence --list` shows them."
            )
        connection.execute(update(rows).where(rows.c.id == number).values(ended_at=now))
        audit.record(
            connection, actor=actor, action="alert.unsilence", subject=f"silence {number}", reason=reason, at=now
        )
        return Silence(**{**found._mapping, "ended_at": now})


def active(store: Store, *, at: datetime) -> list[Silence]:
    """Return the silences that are active at a moment, oldest first."""
    query = select(*_COLUMNS).where(rows.c.ended_at.is_(None), rows.c.until > at).order_by(rows.c.id)
    with store.reading() as connection:
        return [Silence(**row._mapping) for row in connection.execute(query)]
