"""Tokens of links and sign-ins: random, and stored as hashes only."""

from __future__ import annotations

import hashlib

TOKEN_BYTES = 32


def hash_token(token: str) -> str:
    """Return the hash under which a token is stored; it has 256 random bits, so it needs no salt."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
