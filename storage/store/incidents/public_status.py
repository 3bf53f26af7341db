"""What an operator says on the status page, above what the switches and incidents say by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import delete, insert, select

from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.incidents.texts import IncidentRefused, plain_note
from storage.store.schemas.incidents import public_status

Level = Literal["ok", "degraded", "down", "maintenance"]
LEVELS: tuple[Level, ...] = get_args(Level)
NAME = "page"


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """An operator's own status."""

    level: Level
    text_sv: str
    text_en: str
    actor: str
    changed_at: datetime


def set_status(store: Store, *, level: str, text_sv: str, text_en: str, actor: str, reason: str) -> PublicStatus:
    """Say something on the status page, until `clear_status`; return it.

    Raises:
        IncidentRefused: the level is unknown, or a text is missing or not usable.
    """
    if level not in LEVELS:
        raise IncidentRefused(f"The level {level[:20]!r} is unknown.", remedy=f"Give one of {', '.join(LEVELS)}.")
    swedish, english = plain_note(text_sv, "Swedish text", most=400), plain_note(text_en, "English text", most=400)
    at = store.now()
    status = PublicStatus(level, swedish, english, actor, at)
    with store.begin() as connection:
        serialise(connection, "public_status")
        connection.execute(delete(public_status).where(public_status.c.name == NAME))
        connection.execute(
            insert(public_status).values(
                name=NAME, level=level, text_sv=swedish, text_en=english, actor=actor, changed_at=at
            )
        )
        audit.record(
            connection, actor=actor, action="status.set", subject=NAME, reason=reason, details={"level": level}, at=at
        )
    return status


def clear_status(store: Store, *, actor: str, reason: str) -> bool:
    """Take an operator's own status away; return whether there was one."""
    with store.begin() as connection:
        serialise(connection, "public_status")
        removed = connection.execute(delete(public_status).where(public_status.c.name == NAME)).rowcount
        if removed:
            audit.record(connection, actor=actor, action="status.clear", subject=NAME, reason=reason, at=store.now())
    return bool(removed)


def find_status(store: Store) -> PublicStatus | None:
    """Return an operator's own status; None without one."""
    columns = [public_status.c[name] for name in ("level", "text_sv", "text_en", "actor", "changed_at")]
    with store.reading() as connection:
        row = connection.execute(select(*columns).where(public_status.c.name == NAME)).first()
    return None if row is None else PublicStatus(*row)
