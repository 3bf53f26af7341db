"""Signs tills in: a PIN of six digits for the shift, a sealed ticket and a mark for the browser.

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
DEVICE_DAYS = 90
DEVICE_BYTES = 12
INVITED = "invited-"
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


def invitation(secret: bytes, *, cafe: str, number: int) -> str:
    """Return the text in a manager's link that makes a till known before it uses a café's n-th PIN."""
    return _seal(secret, cafe=cafe, number=number, ends=0)


def invited_device(secret: bytes, text: str, *, cafe: str, number: int) -> str | None:
    """Return the device of a manager's link; None if it is not of the current PIN.

    Every till with the same link is one device until it has signed in: a leaked link gives no more guesses.
    """
    valid = hmac.compare_digest(text.encode("utf-8", "replace"), invitation(secret, cafe=cafe, number=number).encode())
    return f"{INVITED}{number}" if valid else None


def new_device() -> str:
    """Return a random name for a till's browser."""
    return secrets.token_hex(DEVICE_BYTES)


def device_mark(secret: bytes, device: str, *, cafe: str, now: datetime) -> str:
    """Return the sealed mark of a known device, valid for 90 days, also after a new PIN."""
    ends = int((now + timedelta(days=DEVICE_DAYS)).timestamp())
    return f"{device}.{ends}.{_device_seal(secret, device, cafe=cafe, ends=ends)}"


def known_device(secret: bytes, mark: str, *, cafe: str, now: datetime) -> str | None:
    """Return the device of a valid mark of this café; None for any other text."""
    device, _, rest = mark.partition(".")
    ends, _, seal = rest.partition(".")
    if not (ends.isascii() and ends.isdecimal() and len(ends) <= 12):
        return None
    expected = _device_seal(secret, device, cafe=cafe, ends=int(ends))
    if not hmac.compare_digest(seal.encode("utf-8", "replace"), expected.encode()):
        return None
    return device if now.timestamp() < int(ends) else None


def _device_seal(secret: bytes, device: str, *, cafe: str, ends: int) -> str:
    signed = f"till-device:{cafe}:{device}:{ends}".encode("utf-8", "replace")
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()


def _seal(secret: bytes, *, cafe: str, number: int, ends: int) -> str:
    return hmac.new(secret, f"till:{cafe}:{number}:{ends}".encode(), hashlib.sha256).hexdigest()
