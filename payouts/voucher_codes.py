"""Voucher codes: eight characters that a guest shows and a barista types.

They are derived from the installation's key: the receipt page can show a code again although the store has only its
hash, and a copy of the store yields no code. They are longer than the spoken reference, so that the two cannot be
confused.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from pilot.identifiers import READABLE_ALPHABET

VOUCHER_LENGTH = 8

_VOUCHER = re.compile(rf"[{READABLE_ALPHABET}]{{{VOUCHER_LENGTH}}}")


def voucher_code(secret: bytes, reward_id: str, number: int) -> str:
    """Return the code of a reward's n-th voucher, `H7KM-3QWX`: HMAC-SHA-256 in base 26."""
    digest = hmac.new(secret, f"voucher:{reward_id}:{number}".encode(), hashlib.sha256).digest()
    rest = int.from_bytes(digest)
    characters = []
    for _ in range(VOUCHER_LENGTH):
        rest, place = divmod(rest, len(READABLE_ALPHABET))
        characters.append(READABLE_ALPHABET[place])
    text = "".join(characters)
    return f"{text[:4]}-{text[4:]}"


def typed_voucher(text: str) -> str | None:
    """Return a typed code in standard form, ignoring case, spaces and dashes; None if invalid."""
    folded = re.sub(r"[\s-]", "", text).upper()
    return f"{folded[:4]}-{folded[4:]}" if _VOUCHER.fullmatch(folded) else None


def voucher_hash(secret: bytes, code: str) -> str:
    """Return the keyed hash under which a code (as `voucher_code` writes it) is stored."""
    return hmac.new(secret, f"voucher-hash:{code}".encode(), hashlib.sha256).hexdigest()
