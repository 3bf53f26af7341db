"""Identifiers: UUIDv7 for sessions and events, short codes and references that people read.

A session's business day follows from its identifier only (`identifier_time`), so every event of a session belongs to
one day, however late it arrives and whichever replica recorded it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta

import uuid_utils

from pilot.networks import network_of

# No 0/O, 1/I/L, U/V and no vowels, which spell words: codes are read aloud over a counter and typed on a phone.
READABLE_ALPHABET = "23456789BCDFGHJKMNPQRSTWXZ"
CODE_LENGTH = 6
REFERENCE_LENGTH = 6
RECEIPT_TOKEN_BYTES = 24  # 192 bits: a receipt's address reads and erases, so it must not be guessable.

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_READABLE = re.compile(rf"[{READABLE_ALPHABET}]{{{CODE_LENGTH}}}")


def new_identifier(*, at: datetime | None = None) -> str:
    """Return a UUIDv7; `at` (UTC) sets its time for simulated or replayed data."""
    if at is None:
        return str(uuid_utils.uuid7())
    since_epoch = at.astimezone(UTC) - _EPOCH
    return str(uuid_utils.uuid7(nanoseconds=since_epoch // timedelta(microseconds=1) * 1000))


def identifier_time(identifier: str) -> datetime:
    """Return the UTC time (milliseconds) that a UUIDv7 carries.

    Raises:
        ValueError: the text is not a UUID of version 7.
    """
    value = uuid.UUID(identifier)
    if value.version != 7:
        raise ValueError(f"identifier {identifier!r} is a UUID of version {value.version}, expected version 7")
    millis = value.int >> 80
    return datetime.fromtimestamp(millis // 1000, tz=UTC).replace(microsecond=millis % 1000 * 1000)


def derived_identifier(*, secret: bytes, purpose: str, subject: str) -> str:
    """Return a UUIDv8 derived from a subject: always the same, and unlinkable without the secret.

    Args:
        secret: The installation's key.
        purpose: The kind of the identifier; other kinds of the same subject differ.
        subject: The identifier that it is derived from.
    """
    digest = hmac.new(secret, f"{purpose}:{subject}".encode(), hashlib.sha256).digest()
    value = int.from_bytes(digest[:16])
    version, variant = 0x8 << 76, 0b10 << 62
    return str(uuid.UUID(int=value & ~(0xF << 76) & ~(0b11 << 62) | version | variant))


def new_code() -> str:
    """Return a new short code for a QR address: six characters of `READABLE_ALPHABET`."""
    return "".join(secrets.choice(READABLE_ALPHABET) for _ in range(CODE_LENGTH))


def new_reference() -> str:
    """Return a new reference for a guest to read out to support; it opens nothing."""
    return "".join(secrets.choice(READABLE_ALPHABET) for _ in range(REFERENCE_LENGTH))


def new_receipt_token() -> str:
    """Return a new secret receipt token, URL-safe; only its hash is ever stored."""
    return secrets.token_urlsafe(RECEIPT_TOKEN_BYTES)


def receipt_hash(token: str) -> str:
    """Return the hash under which a receipt is stored (SHA-256, hex)."""
    return hashlib.sha256(token.encode()).hexdigest()


def readable(text: str) -> str | None:
    """Return `text` as a code or reference (upper case, no spaces or dashes), or None if it is neither."""
    folded = re.sub(r"[\s-]", "", text).upper()
    return folded if _READABLE.fullmatch(folded) else None


def device_hash(*, secret: bytes, day: str, user_agent: str, address: str, device_token: str | None = None) -> str:
    """Return the day-salted hash of a device: equal within one business day, unlinkable across days.

    Args:
        secret: The installation's key.
        day: The business day, ISO format; part of the salt.
        user_agent: The browser's own description.
        address: The address as the edge sees it; its network counts, since a phone changes addresses within a /64.
        device_token: The random token kept with consent; it replaces network and browser in the hash.
    """
    salt = hmac.new(secret, f"device:{day}".encode(), hashlib.sha256).digest()
    subject = device_token if device_token else f"{user_agent}\x00{network_of(address)}"
    return hmac.new(salt, subject.encode(), hashlib.sha256).hexdigest()[:32]
