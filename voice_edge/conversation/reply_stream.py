"""A reply in progress: started early, read once the turn is committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from voice_edge.conversation.live import Live
from voice_edge.interviewer import Conversation, ReplyPart


class ReplyStream:
    """Runs an interviewer's reply for one reader, which receives only the latest of several new parts.

    Attributes:
        conversation: The conversation that it replies to.
        started_at: Start of the reply, edge's monotonic clock.
        first_at: Arrival of the first words.
        instead_of_model: Why the script replies instead of the model; empty if it does not.
    """

    def __init__(self, live: Live, conversation: Conversation) -> None:
        self.conversation = conversation
        self.started_at = live.edge.clock.monotonic()
        self.first_at: float | None = None
        self._clock = live.edge.clock
        self._committed = asyncio.Event()
        self._latest: ReplyPart | None = None
        self._news = asyncio.Event()
        parts = live.edge.replies.reply(conversation, committed=self._committed)
        self.instead_of_model = ""
        self._task = live.spawn_quietly(self._run(parts), name="reply")

    def commit(self) -> None:
        """Signal that the reply will be used: its deadlines start now."""
        self._committed.set()

    async def follow(self) -> AsyncIterator[ReplyPart]:
        """Yield the reply as it grows, up to its final part.

        Raises:
            RuntimeError: the reply ended without a final part.
            Exception: the interviewer's own error.
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
                    raise RuntimeError("the reply ended without a final part")

    def stop(self) -> None:
        """Cancel the reply."""
        self._task.cancel()

    async def _run(self, parts: AsyncIterator[ReplyPart]) -> None:
        try:
            async for part in parts:
                if self.first_at is None:
                    self.first_at = self._clock.monotonic()
                self._latest = part
                self.instead_of_model = part.instead_of_model
                self._news.set()
                if part.final:
                    return
        finally:
            self._news.set()
            if isinstance(parts, AsyncGenerator):
                await parts.aclose()  # Frees the model now, not at garbage collection.
