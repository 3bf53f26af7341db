"""Limits the rate of calls to the provider, and slows down when the provider refuses one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SLOWEST_PER_SECOND = 1.0
# Additive increase, multiplicative decrease: half the rate after a refusal, then one call a second more per 20 calls.
FASTER_AFTER_CALLS = 20
LONGEST_PAUSE_SECONDS = 32.0


class CallLimiter:
    """Spaces calls evenly; safe for threads.

    Attributes:
        per_second: The current rate, calls a second.
    """

    def __init__(
        self,
        per_second: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Create a limiter.

        Args:
            per_second: The maximum number of calls a second; below the provider's limit.
            monotonic: The clock, seconds.
            sleep: Sleeps for a number of seconds.
        """
        self.per_second = per_second
        self._most = per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._free_at = monotonic()
        self._well = 0
        self._pause = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until the next call may be made."""
        with self._lock:
            now = self._monotonic()
            at = max(now, self._free_at)
            self._free_at = at + 1 / self.per_second
        if at > now:
            self._sleep(at - now)

    def record_success(self) -> None:
        """Record a call that was not rate-limited."""
        with self._lock:
            self._pause = 0.0
            self._well += 1
            if self._well >= FASTER_AFTER_CALLS and self.per_second < self._most:
                self._well = 0
                self.per_second = min(self._most, self.per_second + 1)

    def record_rate_limit(self) -> None:
        """Halve the rate and pause: the provider refused a call for its rate."""
        with self._lock:
            self._well = 0
            self.per_second = max(SLOWEST_PER_SECOND, self.per_second / 2)
            self._pause = min(LONGEST_PAUSE_SECONDS, max(1.0, self._pause * 2))
            self._free_at = max(self._free_at, self._monotonic() + self._pause)
