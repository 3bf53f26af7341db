"""A ticket for programs of this home that command Dagster, such as `pilot materialize`.

It is signed with a key in a file that only the home's owner can read: whoever can make a ticket can change Dagster's
databases as well.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

HEADER = "X-Pilot-Program"  # A header, not a cookie: no page of another site can send it.
VALID_FOR = timedelta(minutes=10)
KEY_NAME = "program.key"


def make(folder: Path, *, now: datetime) -> str:
    """Return a ticket that is valid for ten minutes.

    Args:
        folder: The Dagster folder of the home.
        now: The current time, aware.
    """
    expires = str(int((now + VALID_FOR).timestamp()))
    return f"{expires}.{_signature(folder, expires)}"


def is_valid(folder: Path, ticket: str, *, now: datetime) -> bool:
    """Return whether the ticket has this home's signature and has not expired."""
    expires, _, signature = ticket.partition(".")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(folder, expires).encode()):
        return False
    return now.timestamp() < int(expires)


def _signature(folder: Path, expires: str) -> str:
    return hmac.new(_key(folder), expires.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _key(folder: Path) -> bytes:
    """Return the key; create it at the first use."""
    path = folder / KEY_NAME
    if not path.exists():
        made = folder / f"{KEY_NAME}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):  # Another process was faster.
            os.link(made, path)
        made.unlink()
    return bytes.fromhex(path.read_text(encoding="ascii"))
