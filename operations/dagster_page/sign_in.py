"""Signs in to Dagster's page: a one-time link, and a cookie that expires.

Both secrets are files of the Dagster folder that only its owner can read, so that commands of the same user can make a
link or a cookie while the page is served.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

COOKIE = "dagster_sign_in"
PATH = "/sign-in"
SIGNED_IN_FOR = timedelta(hours=12)
LINK_VALID_FOR = timedelta(hours=1)
KEY_NAME = "sign-in.key"
LINK_NAME = "sign-in.link"


def make_link(folder: Path, *, url: str, now: datetime) -> str:
    """Return a link that signs in once, within an hour; an earlier unused link becomes invalid.

    Args:
        folder: The Dagster folder of the home.
        url: The address of Dagster's page.
        now: The current time, aware.
    """
    token = secrets.token_urlsafe(32)
    _write_private(folder / LINK_NAME, f"{int((now + LINK_VALID_FOR).timestamp())}.{_digest(token)}")
    return f"{url}{PATH}?token={token}"


def use_link(folder: Path, token: str, *, now: datetime) -> bool:
    """Return whether the token is the current link's; the link is then used up."""
    path = folder / LINK_NAME
    try:
        expires, _, expected = path.read_text(encoding="ascii").partition(".")
        if not hmac.compare_digest(expected, _digest(token)) or now.timestamp() >= int(expires):
            return False
        path.unlink()  # Of two concurrent uses, the second one fails here.
    except OSError:
        return False
    return True


def make_cookie(folder: Path, *, now: datetime) -> str:
    """Return the value of a cookie that is valid for 12 hours."""
    expires = str(int((now + SIGNED_IN_FOR).timestamp()))
    return f"{expires}.{_signature(folder, expires)}"


def cookie_valid(folder: Path, value: str, *, now: datetime) -> bool:
    """Return whether the cookie has this home's signature and has not expired."""
    expires, _, signature = value.partition(".")
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
        _write_private(made, secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):  # Another process was faster.
            os.link(made, path)
        made.unlink()
    return bytes.fromhex(path.read_text(encoding="ascii"))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
