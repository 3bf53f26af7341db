"""Migrates a store to this program's version."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from storage.errors import StoreUnusable
from storage.store.engine import Store, serialise

HEAD = "0022"  # The newest revision in migrations/versions; a test compares them.
MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def migrate(store: Store) -> None:
    """Migrate to the newest revision; concurrent processes take turns.

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
    """Return the store's revision, None for an empty store."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    # Imported lazily: most starts need no migration.
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
