"""An answer that is being made: started early, followed once the turn is committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from voice_edge.clock import Clock
from voice_edge.interviewer import ReplyPart


class ReplyStream:
    """Runs an interviewer's answer and lets one reader follow it; of several new parts the reader gets the latest."""

    def __init__(self, parts: AsyncIterator[ReplyPart], *, clock: Clock) -> None:
        self.started_at = clock.monotonic()
        self.first_at: float | None = None
        self._clock = clock
        self._latest: ReplyPart | None = None
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._run(parts), name="reply")

    async def follow(self) -> AsyncIterator[ReplyPart]:
        """Yield the growing answer up to its final part.

        Raises:
            RuntimeError: the answer ended without a final part.
            Exception: whatever the interviewer raised.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            part = self._latest
            if part is not None:
                yield part
                if part.final:
                    return
            if self._task.done() and not self._news.is_set():
                self._task.result()
                if self._latest is part:
                    raise RuntimeError("the answer ended without a final part")

    async def close(self) -> None:
        """Stop making the answer."""
        self._task.cancel()
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.exception()  # Seen; whoever follows has answered it, or nobody wanted the answer.

    async def _run(self, parts: AsyncIterator[ReplyPart]) -> None:
        try:
            async for part in parts:
                if self.first_at is None:
                    self.first_at = self._clock.monotonic()
                self._latest = part
                self._news.set()
                if part.final:
                    return
        finally:
            self._news.set()
