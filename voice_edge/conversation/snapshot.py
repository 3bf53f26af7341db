"""The signed snapshot: a session's state as text, stored by the page, resumed on any replica.

Format: `version.expiry.body.signature`. The body is compressed JSON; the signature is an HMAC-SHA256 over everything
before it. It is not encrypted: it contains only the customer's redacted words and the session's counters.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib
from datetime import datetime

from pydantic import ValidationError

from voice_edge.conversation.state import SessionState
from voice_edge.errors import SnapshotRefused

SNAPSHOT_VERSION = "1"
SNAPSHOT_SECONDS = 30 * 60


def seal(state: SessionState, *, secret: bytes, at: datetime) -> str:
    """Return the snapshot of `state`, valid for 30 minutes from `at`."""
    body = base64.urlsafe_b64encode(zlib.compress(state.model_dump_json().encode(), level=6)).decode().rstrip("=")
    signed = f"{SNAPSHOT_VERSION}.{int(at.timestamp()) + SNAPSHOT_SECONDS}.{body}"
    return f"{signed}.{_signature(signed, secret=secret)}"


def unseal(text: str, *, secret: bytes, at: datetime) -> SessionState:
    """Return the state in a snapshot.

    Raises:
        SnapshotRefused: the snapshot is damaged, signed with another key, expired or of another version.
    """
    signed, _, signature = text.rpartition(".")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(signed, secret=secret).encode()):
        raise SnapshotRefused("The snapshot is damaged or signed with another key.")
    version, expiry, body = signed.split(".")
    if version != SNAPSHOT_VERSION:
        raise SnapshotRefused(f"The snapshot has version {version}, expected {SNAPSHOT_VERSION}.")
    if at.timestamp() > int(expiry):
        raise SnapshotRefused("The snapshot is older than 30 minutes.")
    try:
        return SessionState.model_validate_json(
            zlib.decompress(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        )
    except (ValidationError, zlib.error, binascii.Error):
        raise SnapshotRefused("The snapshot was made by an incompatible replica.") from None


def _signature(signed: str, *, secret: bytes) -> str:
    key = hmac.new(secret, b"session snapshot", hashlib.sha256).digest()
    return hmac.new(key, signed.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
