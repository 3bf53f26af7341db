"""Limits of sign-ins: by account and network, by account, and by network.

An attempt is counted before its password is hashed, so that concurrent ones cannot slip through, and is given back if
it succeeds. A browser that signed in to the account before has a limit of its own: strangers who use up the account's
do not shut out its owner. Counts are kept in this process, or in Redis if it is set.
"""

from __future__ import annotations

import hashlib

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from pilot.networks import network_of, wider_network

PER_PAIR = RateLimitItemPerMinute(8, 15, namespace="sign_in_pair")
PER_ACCOUNT = RateLimitItemPerHour(60, namespace="sign_in_account")
PER_NETWORK = RateLimitItemPerMinute(40, 15, namespace="sign_in_network")
PER_WIDER_NETWORK = RateLimitItemPerMinute(80, 15, namespace="sign_in_wider")  # of IPv6: a /48
PER_KNOWN = RateLimitItemPerMinute(8, 15, namespace="sign_in_known")

Counted = list[tuple[RateLimitItem, str]]


class Attempts:
    """Counts attempts."""

    def __init__(self, *, redis_url: str = "") -> None:
        storage = storage_from_string(redis_url, key_prefix="pilot") if redis_url else MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    def begin(self, *, address: str, email: str = "", known: str = "") -> bool:
        """Count an attempt; return whether it may go on.

        Args:
            address: The client's address.
            email: The account; empty for a link.
            known: The mark of a browser that signed in to this account before; empty without one.
        """
        # Each limit counts, also after another one has refused: a refused attempt is one as well.
        allowed = [self._limiter.hit(item, key) for item, key in _counted(address, email, known)]
        return all(allowed)

    def succeeded(self, *, address: str, email: str = "", known: str = "") -> None:
        """Forget the attempts of who has succeeded, not those of the network."""
        for item, key in _counted(address, email, known):
            if item in (PER_PAIR, PER_KNOWN):
                self._limiter.clear(item, key)


def _counted(address: str, email: str, known: str) -> Counted:
    network, account = _hashed(network_of(address)), _hashed(email)
    if email and known:
        return [(PER_KNOWN, _hashed(known))]
    wider = _hashed(wider_network(network_of(address)))
    networks: Counted = [(PER_NETWORK, network), (PER_WIDER_NETWORK, wider)]
    if not email:
        return networks
    return [(PER_PAIR, f"{network}.{account}"), (PER_ACCOUNT, account), *networks]


def _hashed(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
