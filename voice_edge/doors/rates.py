"""Rate limits by device, code and address, shared between replicas through Redis if it is set.

The limits are generous: twenty guests behind one Wi-Fi, or a whole mobile network behind one address, are not abuse.
Counts are stored under keyed hashes, never under an address. Without Redis, or while it is away, each replica counts
for itself: limits are then higher, but no guest is refused.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal, Protocol, TypeVar

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond, WindowStats
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from pilot.networks import network_of
from voice_edge.clock import Clock

Scope = Literal[
    "page", "unknown_code", "hello", "sessions_of_device", "sessions_of_address", "networks_of_code", "code_of_network",
    "receipt", "receipt_state", "unknown_receipt", "erasure", "verdict", "bank", "upload",
    "till", "till_pin", "till_first_pin", "till_pins_of_cafe", "till_first_pins_of_cafe", "till_pin_of_device",
    "till_first_pin_of_device", "till_known_pins_of_cafe", "till_first_known_pins_of_cafe", "till_new_devices",
    "webhook", "unsigned_webhook",
    "counts", "counts_unknown", "probes", "probes_unknown",
]  # fmt: skip

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
KEY_BYTES = 12
LOOPBACK_6 = network_of("::1")
REDIS_SECONDS = 0.25  # The longest wait for a count.
REDIS_BACKOFF_SECONDS = 30.0

T = TypeVar("T")

log = structlog.get_logger("voice_edge.doors")


@dataclass(frozen=True, slots=True)
class Rate:
    """A number of hits per window of seconds."""

    times: int
    seconds: int


RATES: dict[Scope, Rate] = {
    "page": Rate(300, 5 * MINUTE),
    "unknown_code": Rate(30, 10 * MINUTE),
    "hello": Rate(600, 5 * MINUTE),
    "sessions_of_device": Rate(10, HOUR),  # Only for a device with a token.
    "sessions_of_address": Rate(200, HOUR),
    # Networks, not sessions: a few that start again and again must not shut a table's code for the others.
    "networks_of_code": Rate(400, HOUR),
    "code_of_network": Rate(1, HOUR),  # Not a limit: marks a network that was counted for the code.
    "receipt": Rate(300, 5 * MINUTE),
    "receipt_state": Rate(600, 5 * MINUTE),  # Six open pages of one receipt, each polling every three seconds.
    "unknown_receipt": Rate(30, 10 * MINUTE),
    "erasure": Rate(30, HOUR),
    "verdict": Rate(30, HOUR),
    "bank": Rate(60, HOUR),  # Each may create an account or a link at the provider.
    "upload": Rate(120, HOUR),
    "till": Rate(600, 5 * MINUTE),
    # Strangers may try 90 of a PIN's million values an hour at a café, whatever the number of their addresses. A till
    # at an address without failures shares its budget with such addresses only, and a known till has its own.
    "till_pin": Rate(6, 10 * MINUTE),
    "till_first_pin": Rate(2, DAY),
    "till_pins_of_cafe": Rate(30, HOUR),
    "till_first_pins_of_cafe": Rate(60, HOUR),
    "till_pin_of_device": Rate(6, 10 * MINUTE),
    # Whoever knew a PIN can keep several marks of known tills and guess the next PIN with each: 60 an hour at a café.
    "till_first_pin_of_device": Rate(2, DAY),
    "till_known_pins_of_cafe": Rate(30, HOUR),
    "till_first_known_pins_of_cafe": Rate(30, HOUR),
    "till_new_devices": Rate(20, DAY),
    "webhook": Rate(6000, 5 * MINUTE),  # Stripe sends a day's batch at once, and retries failed deliveries.
    "unsigned_webhook": Rate(60, 10 * MINUTE),
    "counts": Rate(120, HOUR),  # Per café's token; allows reporting a year's days in an afternoon.
    "counts_unknown": Rate(30, 10 * MINUTE),
    "probes": Rate(600, 10 * MINUTE),  # All second hosts together; one delivers what waited for a day in minutes.
    "probes_unknown": Rate(30, 10 * MINUTE),
}


class Counter(Protocol):
    """Counts hits in a sliding window."""

    async def hit(self, item: RateLimitItem, key: str) -> float | None:
        """Count one hit; return None if it is allowed, else the seconds to wait."""
        ...

    async def allows(self, item: RateLimitItem, key: str) -> bool:
        """Return whether a hit would be allowed, without counting one."""
        ...

    async def close(self) -> None:
        """Close the counter's connections, if any."""
        ...


class MemoryCounter:
    """Counts hits in this process."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def hit(self, item: RateLimitItem, key: str) -> float | None:
        """Count one hit; return None if it is allowed, else the seconds to wait."""
        if self._limiter.hit(item, key):
            return None
        return _wait(self._limiter.get_window_stats(item, key), item)

    async def allows(self, item: RateLimitItem, key: str) -> bool:
        """Return whether a hit would be allowed, without counting one."""
        return self._limiter.test(item, key)

    async def close(self) -> None:
        """Close nothing: the counts end with the process."""


class RedisCounter:
    """Counts hits in Redis, for all replicas.

    Args:
        url: redis:// or rediss://.
    """

    def __init__(self, url: str) -> None:
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import SlidingWindowCounterRateLimiter as Shared
        from redis.asyncio import ConnectionPool

        self._pool = ConnectionPool.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
        options: dict[str, Any] = {"connection_pool": self._pool}  # Typed as text by the library, documented as a pool.
        storage = RedisStorage(f"async+{url}", implementation="redispy", key_prefix="pilot", **options)
        self._limiter = Shared(storage)

    async def hit(self, item: RateLimitItem, key: str) -> float | None:
        """Count one hit; return None if it is allowed, else the seconds to wait."""
        if await self._limiter.hit(item, key):
            return None
        return _wait(await self._limiter.get_window_stats(item, key), item)

    async def allows(self, item: RateLimitItem, key: str) -> bool:
        """Return whether a hit would be allowed, without counting one."""
        return await self._limiter.test(item, key)

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self._pool.aclose()


class Rates:
    """The rate limiter of one replica."""

    def __init__(
        self,
        *,
        secret: bytes,
        clock: Clock,
        shared: Counter | None = None,
        rates: dict[Scope, Rate] | None = None,
    ) -> None:
        self._key = hashlib.blake2b(b"rate limits", key=secret[:64], digest_size=32).digest()
        self._clock = clock
        self._own = MemoryCounter()
        self._shared = shared
        self._shared_backoff_until = 0.0
        self._warned = False
        self._items = {
            scope: RateLimitItemPerSecond(rate.times, rate.seconds, namespace=scope)
            for scope, rate in (RATES | (rates or {})).items()
        }

    async def hit(self, scope: Scope, subject: str | None) -> float | None:
        """Count one hit of `subject`; return None if it is allowed, else the seconds to wait.

        Args:
            scope: The kind of hit.
            subject: A device, a code, a receipt's token, or an address from `counted_address`; None is not counted.
        """
        if subject is None:
            return None
        item, key = self._items[scope], self._hashed(subject)
        return await self._counted(lambda counter: counter.hit(item, key))

    async def allows(self, scope: Scope, subject: str) -> bool:
        """Return whether a hit of `subject` would be allowed, without counting one."""
        item, key = self._items[scope], self._hashed(subject)
        return await self._counted(lambda counter: counter.allows(item, key))

    async def close(self) -> None:
        """Close the shared counter's connections."""
        if self._shared is not None:
            await self._shared.close()

    def _hashed(self, subject: str) -> str:
        return hashlib.blake2b(subject.encode(), key=self._key, digest_size=KEY_BYTES).hexdigest()

    async def _counted(self, ask: Callable[[Counter], Awaitable[T]]) -> T:
        """Ask the shared counter, or this replica's own without one and while it is away."""
        if self._shared is not None and self._clock.monotonic() >= self._shared_backoff_until:
            try:
                answer = await ask(self._shared)
            except Exception as error:  # Any error of Redis' client: no guest is refused because of it.
                self._back_off(error)
            else:
                self._warned = False
                return answer
        return await ask(self._own)

    def _back_off(self, error: Exception) -> None:
        self._shared_backoff_until = self._clock.monotonic() + REDIS_BACKOFF_SECONDS
        if not self._warned:
            log.warning("redis away: this replica counts for itself", kind=type(error).__name__)
            self._warned = True


def counted_address(address: str) -> str | None:
    """Return the key under which an address is counted: IPv4 whole, IPv6 by its /64; None for loopback."""
    network = network_of(address)
    try:
        return None if ip_address(network).is_loopback else network
    except ValueError:  # An IPv6 network, or no address at all.
        return None if network == LOOPBACK_6 else network or None


def _wait(stats: WindowStats, item: RateLimitItem) -> float:
    return float(min(max(1.0, stats.reset_time - time.time()), item.get_expiry()))
