"""A clock that a test advances."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

TURNS_OF_THE_LOOP = 25  # that a woken task gets before time goes on


class VirtualClock:
    """A clock that passes time only in `advance`."""

    def __init__(self) -> None:
        self._begin = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
        self._seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._begin + timedelta(seconds=self._seconds)

    def jump(self, seconds: float) -> None:
        """Set the wall clock; no time passes."""
        self._begin += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._seconds + seconds, self._count, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Advance the time, waking each sleeper at its own time."""
        end = self._seconds + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, woken = heapq.heappop(self._sleepers)
            self._seconds = max(self._seconds, at)
            if not woken.done():
                woken.set_result(None)
                for _ in range(TURNS_OF_THE_LOOP):
                    await asyncio.sleep(0)
        self._seconds = end
        await asyncio.sleep(0)

    async def run_until(self, work: Awaitable[Any], *, step: float = 0.5) -> Any:
        """Advance the time until `work` is done; return its result."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await self.advance(step)
            await asyncio.sleep(0.005)
        return task.result()
