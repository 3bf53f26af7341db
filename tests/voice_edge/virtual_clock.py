"""Time that passes only when a test says so."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any


class VirtualClock:
    """Time that passes only when a test says so."""

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
        """Let time pass, waking each sleeper at its own moment."""
        end = self._seconds + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, woken = heapq.heappop(self._sleepers)
            self._seconds = max(self._seconds, at)
            if not woken.done():
                woken.set_result(None)
                for _ in range(25):
                    await asyncio.sleep(0)
        self._seconds = end
        await asyncio.sleep(0)

    async def run_until(self, work: Awaitable[Any], *, step: float = 0.5) -> Any:
        """Let time pass until `work` is done; return what it gives."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await self.advance(step)
            await asyncio.sleep(0.005)
        return task.result()
