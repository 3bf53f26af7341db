"""Limits of failed sign-ins: by account and network, by account, and by network.

A stranger who fails often shuts out neither the account's owner at another network nor the network's other people for
long. Counts are kept in this process, or in Redis if it is set.
"""

from __future__ import annotations

import hashlib

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from pilot.networks import network_of

PER_PAIR = RateLimitItemPerMinute(8, 15, namespace="sign_in_pair")
PER_ACCOUNT = RateLimitItemPerHour(60, namespace="sign_in_account")
PER_NETWORK = RateLimitItemPerMinute(40, 15, namespace="sign_in_network")


class Attempts:
    """Counts failed attempts."""

    def __init__(self, *, redis_url: str = "") -> None:
        storage = storage_from_string(redis_url, key_prefix="pilot") if redis_url else MemoryStorage()
        self._limiter = MovingWindowRateLimiter(storage)

    def allow(self, *, address: str, email: str = "") -> bool:
        """Return whether another attempt may be made."""
        return all(self._limiter.test(item, key) for item, key in _counted(address, email))

    def failed(self, *, address: str, email: str = "") -> None:
        """Count a failed attempt."""
        for item, key in _counted(address, email):
            self._limiter.hit(item, key)


def _counted(address: str, email: str) -> list[tuple[RateLimitItem, str]]:
    network, account = _hashed(network_of(address)), _hashed(email)
    if not email:
        return [(PER_NETWORK, network)]
    return [(PER_PAIR, f"{network}.{account}"), (PER_ACCOUNT, account), (PER_NETWORK, network)]


def _hashed(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
