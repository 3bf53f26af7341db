"""Devices: a 30-day token, given with consent, and the limit of open sessions per code and device.

The token is random and signed, so that any replica recognises it without storing it. A device without a token is
identified only by browser and address, which a whole table of guests can share, so it may have many open sessions.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TOKEN_VERSION = "1"  # noqa: S105 - a format's number
TOKEN_DAYS = 30
RANDOM_BYTES = 16
SIGNATURE_BYTES = 16
OPEN_PER_TOKEN = 1
OPEN_PER_FINGERPRINT = 40  # For guests with the same phone model on the café's Wi-Fi.


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A device token.

    Attributes:
        token: The text that the page stores.
        expires_at: When the page must delete it, UTC.
    """

    token: str
    expires_at: datetime


def issue_token(*, secret: bytes, at: datetime) -> IssuedToken:
    """Return a new token, valid for 30 days."""
    expires = int((at + timedelta(days=TOKEN_DAYS)).timestamp())
    signed = f"{TOKEN_VERSION}.{secrets.token_urlsafe(RANDOM_BYTES)}.{expires}"
    return IssuedToken(f"{signed}.{_signature(signed, secret=secret)}", datetime.fromtimestamp(expires, tz=UTC))


def known_token(token: str | None, *, secret: bytes, at: datetime) -> IssuedToken | None:
    """Return a valid token of this installation; None for any other text."""
    signed, _, signature = (token or "").rpartition(".")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(signed, secret=secret).encode()):
        return None
    version, _, expires = signed.split(".")
    expires_at = datetime.fromtimestamp(int(expires), tz=UTC)
    if version != TOKEN_VERSION or at >= expires_at:
        return None
    return IssuedToken(token or "", expires_at)


class OpenDevices:
    """Counts the open sessions of each device and code."""

    def __init__(self) -> None:
        self._open: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._place: dict[str, tuple[str, str]] = {}

    def open(self, session_id: str, *, code: str, device_hash: str, known: bool) -> bool:
        """Add an open session; return False if the device has too many with this code.

        Args:
            session_id: The session.
            code: Its short code.
            device_hash: The device's day-salted hash.
            known: Whether the hash is a token's, and so identifies one device.
        """
        place = (code, device_hash)
        others = self._open[place] - {session_id}
        if len(others) >= (OPEN_PER_TOKEN if known else OPEN_PER_FINGERPRINT):
            return False
        self._open[place].add(session_id)
        self._place[session_id] = place
        return True

    def close(self, session_id: str) -> None:
        """Remove a session that has ended."""
        place = self._place.pop(session_id, None)
        if place is not None:
            self._open[place].discard(session_id)
            if not self._open[place]:
                del self._open[place]


def _signature(signed: str, *, secret: bytes) -> str:
    key = hmac.new(secret, b"device token", hashlib.sha256).digest()
    digest = hmac.new(key, signed.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:SIGNATURE_BYTES]).decode().rstrip("=")
