"""Brings a store to this program's version."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from storage.errors import StoreUnusable
from storage.store.engine import Store, serialise

HEAD = "0012"  # The newest revision in migrations/versions; a test holds them together.
MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def migrate(store: Store) -> None:
    """Migrate to the newest revision; processes that start together do it one after the other.

    Raises:
        StoreAway: the store does not answer.
        StoreUnusable: a newer version of the program has migrated it.
    """
    with store.reading() as connection:
        if revision(connection) == HEAD:
            return
    with store.begin() as connection:
        serialise(connection, "migrate")
        if revision(connection) != HEAD:
            _upgrade(connection)


def revision(connection: Connection) -> str | None:
    """Return the revision that the store is at, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    # Loaded only where there is something to do: most starts find the store as it should be.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StoreUnusable(
            f"The store is at revision {revision(connection)}; this program knows revisions up to {HEAD}.",
            remedy="Use the version of the program that migrated it, or put back a backup from before.",
        ) from None
