"""Migrates an empty SQLite store by the statements of one real migration, in a tenth of the time."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, create_engine

from storage.store import migrate

upgrade_by_migrations = migrate._upgrade


def upgrade(connection: Connection) -> None:
    """Migrate: an empty SQLite store by a copy, any other by its migrations."""
    if connection.dialect.name != "sqlite" or migrate.revision(connection) is not None:
        upgrade_by_migrations(connection)
        return
    for statement in _statements():
        connection.exec_driver_sql(statement)


@cache
def _statements() -> tuple[str, ...]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade_by_migrations(connection)
        dump = list(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    engine.dispose()
    return tuple(each for each in dump if each not in ("BEGIN TRANSACTION;", "COMMIT;"))
