"""Passwords: Argon2id, a few at a time, as slow for an unknown account as for a known one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# NIST SP 800-63B-4 asks for 15 where the password is the only factor, and for at least 64 to be accepted.
SHORTEST = 15
LONGEST = 200
FEWEST_LETTERS = 5  # different ones
AT_ONCE = 2  # Each needs 64 MiB.
MOST_WAITING = 8

_hasher = PasswordHasher()
T = TypeVar("T")


def fault(password: str, *, email: str) -> str:
    """Return the key of the fault of a new password; empty if it is acceptable."""
    if len(password) < SHORTEST:
        return "too_short"
    if len(password) > LONGEST:
        return "too_long"
    own = password.casefold().replace(email.partition("@")[0], "")  # Without the name, what is left must do.
    if len(set(own)) < FEWEST_LETTERS or len(own) < SHORTEST // 2:
        return "too_simple"
    return ""


class TooBusy(Exception):
    """Too many passwords wait to be hashed."""


class Passwords:
    """Hashes and verifies passwords, at most two at once, with a short queue."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return a new hash with its own salt.

        Raises:
            TooBusy: the queue is full.
        """
        return await self._in_turn(lambda: _hasher.hash(password))

    async def matches(self, password: str, password_hash: str) -> bool:
        """Return whether a password is that of the hash; an empty hash takes as long and never matches.

        Raises:
            TooBusy: the queue is full.
        """
        return await self._in_turn(lambda: _matches(password[: LONGEST + 1], password_hash))

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise TooBusy
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def _matches(password: str, password_hash: str) -> bool:
    try:
        _hasher.verify(password_hash or _nobodys(), password)
        return bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """Return a hash that no account has."""
    return _hasher.hash("nobody's password")
