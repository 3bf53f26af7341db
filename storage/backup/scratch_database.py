"""Creates a scratch database beside a PostgreSQL store, for a drill, and drops it afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import DBAPIError

from storage.backup.store_copy import StoreNotCopied

PREFIX = "pilot_drill_"


@contextmanager
def scratch_database(url: str) -> Iterator[str]:
    """Yield the address of a new, empty database on the store's server; drop it at the end.

    Raises:
        StoreNotCopied: the store's user may not create a database.
    """
    server = make_url(url).set(drivername="postgresql+psycopg2")
    name = f"{PREFIX}{secrets.token_hex(6)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
        except DBAPIError as error:
            raise StoreNotCopied(
                f"No scratch database can be created ({type(error.orig).__name__}).",
                remedy="Give the store's user the right CREATEDB, or drill with PILOT_STORE_URL of another server.",
            ) from None
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        engine.dispose()
