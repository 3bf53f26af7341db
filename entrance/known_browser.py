"""The mark of a browser that signed in to an account before: a signed cookie with tries of its own."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "entrance_known"
DAYS = 180
DAY_SECONDS = 86_400


class KnownBrowser:
    """Makes and checks the mark.

    Args:
        secret: The installation's key.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(b"known browser", key=secret[:64]).digest()

    def mark_of(self, request: Request, *, email: str) -> str:
        """Return the mark if it is of this account, else empty."""
        mark, _, signature = request.cookies.get(COOKIE, "").partition(".")
        is_right = hmac.compare_digest(signature.encode("utf-8", "replace"), self._signature(mark, email).encode())
        return mark if mark and is_right else ""

    def set_mark(self, response: Response, *, email: str, secure: bool) -> None:
        """Mark the browser as one of the account's owner."""
        mark = secrets.token_hex(16)
        response.set_cookie(
            COOKIE,
            f"{mark}.{self._signature(mark, email)}",
            max_age=DAYS * DAY_SECONDS,
            secure=secure,
            httponly=True,
            samesite="lax",
        )

    def _signature(self, mark: str, email: str) -> str:
        return hmac.new(self._key, f"{mark}.{email}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
