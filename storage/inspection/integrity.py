"""Inspects the integrity of a store: pages, tables, foreign keys and migration."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import Connection, inspect, text

from storage.store import schemas
from storage.store.engine import Store
from storage.store.migrate import HEAD, revision
from storage.store.schemas.core import metadata


@dataclass(frozen=True, slots=True)
class Integrity:
    """The integrity of a store.

    Attributes:
        pages: The engine's own verdict; `ok`, or a sentence.
        missing_tables: Tables that this program declares and the store has not.
        broken_references: For each table, the rows whose foreign key leads nowhere.
        revision: The store's migration.
        head: The program's migration.
    """

    pages: str
    missing_tables: tuple[str, ...]
    broken_references: dict[str, int]
    revision: str
    head: str = HEAD


def inspect_integrity(store: Store) -> Integrity:
    """Return the integrity of a store.

    Raises:
        StoreAway: it does not answer.
        StoreUnusable: its file is damaged.
    """
    with store.reading() as connection:
        found = set(inspect(connection).get_table_names())
        missing = tuple(sorted(_declared() - found))
        return Integrity(_pages(connection), missing, _broken(connection), revision(connection) or "")


def _declared() -> set[str]:
    for module in iter_modules(schemas.__path__):
        import_module(f"{schemas.__name__}.{module.name}")  # declares its tables
    return set(metadata.tables)


def _pages(connection: Connection) -> str:
    if connection.dialect.name == "postgresql":
        return "ok"  # the server checks each page that it reads
    return str(connection.execute(text("PRAGMA integrity_check(1)")).scalar_one())


def _broken(connection: Connection) -> dict[str, int]:
    broken: dict[str, int] = {}
    if connection.dialect.name == "postgresql":
        # The server enforces foreign keys, unless one was added without validation or its triggers are off.
        unchecked = text("""
            SELECT DISTINCT c.conrelid::regclass::text FROM pg_constraint c
            JOIN pg_trigger t ON t.tgconstraint = c.oid
            WHERE c.contype = 'f' AND (NOT c.convalidated OR t.tgenabled = 'D')
        """)
        return dict.fromkeys(connection.execute(unchecked).scalars(), 1)
    for table, *_ in connection.execute(text("PRAGMA foreign_key_check")):
        broken[str(table)] = broken.get(str(table), 0) + 1
    return broken
