"""Signs tills in: a PIN of six digits for the shift, and a sealed ticket for the till's browser.

A PIN is short, so its hash is slow (scrypt, RFC 7914) and salted with the installation's key: a copy of the store
is not enough to guess it, and the edge limits the tries.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

PIN_DIGITS = 6
SHIFT = timedelta(hours=12)
SCRYPT = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB; about 50 ms on one core.


def new_pin() -> str:
    """Return a random PIN."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def pin_hash(secret: bytes, *, cafe: str, number: int, pin: str) -> str:
    """Return the hash under which a café's n-th PIN is stored."""
    salt = hmac.new(secret, f"till-pin:{cafe}:{number}".encode(), hashlib.sha256).digest()
    return hashlib.scrypt(pin.encode(), salt=salt, dklen=32, **SCRYPT).hex()


def ticket(secret: bytes, *, cafe: str, number: int, now: datetime) -> str:
    """Return the ticket, valid for a shift, of a till that signed in with a café's n-th PIN."""
    ends = int((now + SHIFT).timestamp())
    return f"{ends}.{_seal(secret, cafe=cafe, number=number, ends=ends)}"


def is_signed_in(secret: bytes, text: str, *, cafe: str, number: int, now: datetime) -> bool:
    """Return whether a ticket is valid: of this café and its current PIN, before the shift ends."""
    ends, _, seal = text.partition(".")
    if not (ends.isascii() and ends.isdecimal() and len(ends) <= 12):
        return False
    expected = _seal(secret, cafe=cafe, number=number, ends=int(ends))
    return hmac.compare_digest(seal.encode(), expected.encode()) and now.timestamp() < int(ends)


def _seal(secret: bytes, *, cafe: str, number: int, ends: int) -> str:
    return hmac.new(secret, f"till:{cafe}:{number}:{ends}".encode(), hashlib.sha256).hexdigest()
