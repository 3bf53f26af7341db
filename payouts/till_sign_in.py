"""Signing a till in: a PIN of six digits for the shift, and the sealed ticket that the till's browser keeps.

A PIN is short, so its hash is slow (scrypt, RFC 7914) and salted with the installation's key: a copy of the store
alone does not allow guessing, and the edge limits how often it is tried.
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
    """Return a PIN drawn at random."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def pin_hash(secret: bytes, *, cafe: str, number: int, pin: str) -> str:
    """Return the hash under which a café's n-th PIN is stored."""
    salt = hmac.new(secret, f"till-pin:{cafe}:{number}".encode(), hashlib.sha256).digest()
    return hashlib.scrypt(pin.encode(), salt=salt, dklen=32, **SCRYPT).hex()


def ticket(secret: bytes, *, cafe: str, number: int, now: datetime) -> str:
    """Return what a till that signed in with a café's n-th PIN keeps until its shift ends."""
    ends = int((now + SHIFT).timestamp())
    return f"{ends}.{_seal(secret, cafe=cafe, number=number, ends=ends)}"


def signed_in(secret: bytes, text: str, *, cafe: str, number: int, now: datetime) -> bool:
    """Return whether a ticket holds: of this café, by the PIN that counts, its shift not over."""
    ends, _, seal = text.partition(".")
    if not (ends.isascii() and ends.isdecimal() and len(ends) <= 12):
        return False
    expected = _seal(secret, cafe=cafe, number=number, ends=int(ends))
    return hmac.compare_digest(seal.encode(), expected.encode()) and now.timestamp() < int(ends)


def _seal(secret: bytes, *, cafe: str, number: int, ends: int) -> str:
    return hmac.new(secret, f"till:{cafe}:{number}:{ends}".encode(), hashlib.sha256).hexdigest()
