"""Describes a store's contents: each table's rows and checksum, each account's balance, revision.

A checksum is the sum of its rows' checksums, so it depends on no order, which differs between databases' collations.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, inspect, text

from storage.errors import StorageError

DIGEST_BYTES = 8
ROWS_AT_ONCE = 1000
REVISION_TABLE = "alembic_version"
REVISION = "SELECT version_num FROM alembic_version"
CHECKSUM = "SELECT COUNT(*), COALESCE(SUM(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)"
# Each account's credits minus its debits.
BALANCES = """
    SELECT account, SUM(ore) FROM (
        SELECT credit AS account, amount_ore AS ore FROM ledger UNION ALL SELECT debit, -amount_ore FROM ledger
    ) AS lines GROUP BY account
"""
LEDGER = "ledger"
# PostgreSQL prints rows in the session's time zone and date style.
PRINTED_ALIKE = "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL statement_timeout = 0"


class ContentsDiffer(StorageError):
    """A store does not contain what its backup's manifest lists."""


@dataclass(frozen=True, slots=True)
class TableContents:
    """The contents of one table.

    Attributes:
        rows: Number of rows.
        checksum: Sum of the rows' checksums, in hexadecimal digits.
    """

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class StoreContents:
    """The contents of a store.

    Attributes:
        revision: The newest migration.
        tables: Each table's contents.
        ledger_ore: Credits minus debits of each account, in öre.
    """

    revision: str
    tables: dict[str, TableContents]
    ledger_ore: dict[str, int]

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Parse contents.

        Raises:
            KeyError: a field is missing.
            TypeError: a field has another kind.
            ValueError: a field has another form.
        """
        tables = {
            str(name): TableContents(int(one["rows"]), str(one["checksum"])) for name, one in _items(fields["tables"])
        }
        ledger = {str(account): int(ore) for account, ore in _items(fields["ledger_ore"])}
        return cls(str(fields["revision"]), tables, ledger)

    def as_json(self) -> dict[str, Any]:
        """Return the contents as JSON values."""
        return asdict(self)

    @property
    def rows(self) -> int:
        """Return the number of rows of all tables."""
        return sum(table.rows for table in self.tables.values())

    def compare(self, expected: StoreContents, *, name: str) -> None:
        """Raise ContentsDiffer unless these are the contents that a backup's manifest lists.

        Args:
            expected: The contents that the manifest lists.
            name: The backup's name.
        """
        differences = list(self.differences(expected))
        if differences:
            raise ContentsDiffer(
                f"The store of {name} is not the one that was copied: {'; '.join(differences[:3])}"
                + (f"; and {len(differences) - 3} more." if len(differences) > 3 else "."),
                remedy="Nothing was restored. Use another backup: `pilot backup list`.",
            )

    def differences(self, expected: StoreContents) -> Iterator[str]:
        """Yield each difference to the expected contents, as a sentence without its end."""
        for name in sorted(expected.tables.keys() | self.tables.keys()):
            there, found = expected.tables.get(name), self.tables.get(name)
            if found is None or there is None:
                yield f"table {name} is {'missing' if found is None else 'not in the manifest'}"
            elif found.rows != there.rows:
                yield f"table {name} has {found.rows} rows, expected {there.rows}"
            elif found.checksum != there.checksum:
                yield f"table {name} has other rows than were copied"
        for account in sorted(expected.ledger_ore.keys() | self.ledger_ore.keys()):
            if self.ledger_ore.get(account, 0) != expected.ledger_ore.get(account, 0):
                yield (
                    f"the ledger's account {account} has {self.ledger_ore.get(account, 0)} öre, "
                    f"expected {expected.ledger_ore.get(account, 0)}"
                )
        if self.revision != expected.revision:
            yield f"the store is at migration {self.revision or 'none'}, expected {expected.revision or 'none'}"


def sqlite_contents(path: Path) -> StoreContents:
    """Return the contents of a SQLite file that nothing writes to."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        listed = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        tables = {name: _sqlite_table(connection, name) for name in sorted(name for (name,) in listed)}
        ledger = connection.execute(BALANCES).fetchall() if LEDGER in tables else []
        found = connection.execute(REVISION).fetchone() if REVISION_TABLE in tables else None
    return StoreContents(found[0] if found else "", tables, {account: int(ore) for account, ore in ledger})


def postgresql_contents(connection: Connection) -> StoreContents:
    """Return the contents of a PostgreSQL store as one transaction sees it, computed by the server."""
    connection.exec_driver_sql(PRINTED_ALIKE)
    names = sorted(inspect(connection).get_table_names())
    quote = connection.dialect.identifier_preparer.quote
    tables = {}
    for name in names:
        rows, checksum = connection.execute(text(f"{CHECKSUM} FROM {quote(name)} t")).one()
        tables[name] = TableContents(int(rows), f"{int(checksum):x}")
    ledger = connection.execute(text(BALANCES)).all() if LEDGER in tables else []
    found = connection.execute(text(REVISION)).scalar() if REVISION_TABLE in tables else ""
    return StoreContents(str(found or ""), tables, {str(account): int(ore) for account, ore in ledger})


def _sqlite_table(connection: sqlite3.Connection, name: str) -> TableContents:
    quoted = name.replace('"', '""')
    cursor = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a table
    count = total = 0
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        count += len(rows)
        for row in rows:
            total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=DIGEST_BYTES).digest())
    return TableContents(count, f"{total:x}")


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} is no object")
    yield from value.items()
