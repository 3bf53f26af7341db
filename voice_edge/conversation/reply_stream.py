"""An answer that is being made: started early, followed once the turn is committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from voice_edge.conversation.live import Live
from voice_edge.interviewer import Conversation, ReplyPart


class ReplyStream:
    """Runs an interviewer's answer and lets one reader follow it; of several new parts the reader gets the latest.

    Attributes:
        conversation: What it answers.
        started_at: When the interviewer was asked, edge's steady clock.
        first_at: When the first words came.
        instead_of_model: Why the script answers where a model could have; empty where none was asked.
    """

    def __init__(self, live: Live, conversation: Conversation) -> None:
        self.conversation = conversation
        self.started_at = live.edge.clock.monotonic()
        self.first_at: float | None = None
        self._clock = live.edge.clock
        self._committed = asyncio.Event()
        self._latest: ReplyPart | None = None
        self._news = asyncio.Event()
        parts = live.edge.asking.reply(conversation, committed=self._committed)
        self.instead_of_model = ""
        self._task = live.spawn_quietly(self._run(parts), name="reply")

    def commit(self) -> None:
        """Tell the interviewer that its answer will be used: the customer waits from now on."""
        self._committed.set()

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

    def stop(self) -> None:
        """Stop making the answer."""
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
                await parts.aclose()  # Gives the model back now, not when the garbage is collected.
