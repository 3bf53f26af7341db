"""Takes a store back to an earlier revision, for the release that knows it; says what is lost."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from storage.errors import StoreUnusable
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.migrate import MIGRATIONS, revision

ROLLED_BACK = "store.rollback"


class _Rehearsed(Exception):
    """Ends the transaction of a rehearsal."""


def revisions() -> list[str]:
    """Return the revisions that this program knows, oldest first."""
    return sorted(path.name[:4] for path in (Path(MIGRATIONS) / "versions").glob("[0-9]*.py"))


def roll_back(store: Store, to: str, *, rehearse: bool, actor: str, reason: str, at: datetime) -> dict[str, int]:
    """Take the store back to a revision in one transaction; return the rows of each table that is lost.

    Args:
        store: The store; nothing else may use it.
        to: The revision of the earlier release.
        rehearse: Whether to change nothing, and only return what would be lost.
        actor: Who takes it back, for the audit log.
        reason: Why.
        at: The current time, UTC.

    Raises:
        StoreUnusable: the revision is unknown, or not an earlier one.
        StoreAway: the store does not answer.
    """
    lost: dict[str, int] = {}
    try:
        with store.begin() as connection:
            serialise(connection, "migrate")
            present = revision(connection) or ""
            if to not in revisions() or to >= present:
                earlier = [each for each in revisions() if each < present]
                raise StoreUnusable(
                    f"{to[:20]!r} is no revision before {present}.",
                    remedy=f"Give the one that the earlier release names: {', '.join(earlier[-5:])}.",
                )
            before = _rows(connection)
            _downgrade(connection, to)
            lost = {name: count for name, count in before.items() if name not in _rows(connection)}
            audit.record(
                connection, actor=actor, action=ROLLED_BACK, subject=to, reason=reason, at=at,
                details={"from": present, "lost": lost},
            )  # fmt: skip
            if rehearse:
                raise _Rehearsed
    except _Rehearsed:
        pass
    return lost


def _rows(connection: Connection) -> dict[str, int]:
    names = sorted(inspect(connection).get_table_names())
    return {name: int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()) for name in names}  # noqa: S608


def _downgrade(connection: Connection, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.downgrade(config, to)
