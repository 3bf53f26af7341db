"""Speculative recognition and reply, started at a soft end before the turn is committed.

Each speculation is used or discarded exactly once, at the commit; nothing of it is shown or recorded before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_edge.conversation.live import Live
from voice_edge.conversation.reply_stream import ReplyStream
from voice_edge.conversation.utterance import conversation_so_far
from voice_edge.hearing.turn_taking import Commit, SoftEnd
from voice_edge.interviewer import equivalent

if TYPE_CHECKING:
    from voice_edge.hearing.transcript import Transcript

SAME_END_SAMPLES = 512  # Ends of speech within one window are the same end.


@dataclass(slots=True)
class Speculation:
    """The speculative work of one soft end.

    Attributes:
        began: Request of the recognition, edge's monotonic clock.
        ended: End of the recognition.
        committed: Whether the turn is committed, so that the customer waits for the reply.
        settled: Whether it was used or discarded.
    """

    revision: int
    audio_from: int
    speech_end: int
    began: float
    recognition: asyncio.Task[Transcript]
    ended: float | None = None
    reply: ReplyStream | None = None
    committed: bool = False
    settled: bool = False

    def same_speech(self, commit: Commit) -> bool:
        """Return whether its recognition covers the committed speech and has not failed."""
        failed = self.recognition.done() and (self.recognition.cancelled() or self.recognition.exception() is not None)
        return (
            not failed
            and self.revision == commit.revision
            and self.audio_from == commit.audio_from
            and abs(self.speech_end - commit.speech_end) <= SAME_END_SAMPLES
        )


class Speculations:
    """The speculations of one microphone, at most one at a time.

    Attributes:
        discarded: Speculations of the current turn that were discarded.
    """

    def __init__(
        self,
        live: Live,
        *,
        recognise: Callable[[int, int], Coroutine[None, None, Transcript]],
        words: Callable[[int, str], None],
    ) -> None:
        """Create the speculations.

        Args:
            live: The session.
            recognise: Recognises the audio between two positions.
            words: Called with a revision and its words.
        """
        self._live = live
        self._recognise = recognise
        self._words = words
        self._current: Speculation | None = None
        self.discarded = 0

    @property
    def under_way(self) -> bool:
        """Return whether a speculation is in progress."""
        return self._current is not None

    def begin(self, event: SoftEnd) -> None:
        """Start to recognise the speech before a soft end."""
        self.discard()
        task = self._live.spawn_quietly(self._recognise(event.audio_from, event.at), name="recognising early")
        speculation = Speculation(
            revision=event.revision,
            audio_from=event.audio_from,
            speech_end=event.speech_end,
            began=self._live.edge.clock.monotonic(),
            recognition=task,
        )
        self._current = speculation
        task.add_done_callback(lambda done: self._recognised(speculation, done))

    def discard(self) -> None:
        """Discard the speculation in progress, if any."""
        speculation, self._current = self._current, None
        if speculation is not None:
            self.cancel_speculation(speculation)

    def take(self) -> Speculation | None:
        """Return the speculation in progress at the commit; the caller must use or discard it."""
        speculation, self._current = self._current, None
        if speculation is not None:
            speculation.committed = True
            if speculation.reply is not None:
                speculation.reply.commit()
        return speculation

    def use(self, speculation: Speculation) -> None:
        """Count a speculation as used."""
        if not speculation.settled:
            speculation.settled = True
            self._live.edge.metrics.count_speculation("used")

    def cancel_speculation(self, speculation: Speculation) -> None:
        """Cancel a speculation and count it as discarded."""
        if speculation.settled:
            return
        speculation.settled = True
        speculation.recognition.cancel()
        if speculation.reply is not None:
            speculation.reply.stop()
        self.discarded += 1
        self._live.edge.metrics.count_speculation("discarded")

    def reply_to(self, speculation: Speculation, *, text: str) -> ReplyStream | None:
        """Return the early reply if it still fits `text` and the conversation; cancel it otherwise."""
        reply, speculation.reply = speculation.reply, None
        if reply is None:
            return None
        now, then = conversation_so_far(self._live, latest=text), reply.conversation
        if (
            text.strip()
            and equivalent(then.exchanges[-1].answer, text)
            and then.exchanges[:-1] == now.exchanges[:-1]
            and then.follow_ups_asked == now.follow_ups_asked
        ):
            return reply
        reply.stop()
        return None

    def reset_count(self) -> None:
        """Reset the count for another turn."""
        self.discarded = 0

    def _recognised(self, speculation: Speculation, task: asyncio.Task[Transcript]) -> None:
        """Start the reply to the recognised words; a failure is handled at the commit."""
        live = self._live
        if speculation.settled or task.cancelled() or task.exception() is not None or live.ending.done():
            return
        heard = task.result()
        speculation.ended = live.edge.clock.monotonic()
        if not speculation.committed:
            self._words(speculation.revision, heard.text)
        text = live.state.redacted(heard.text)
        if not heard.low_confidence and not heard.no_speech and text.strip():
            speculation.reply = ReplyStream(live, conversation_so_far(live, latest=text))
            if speculation.committed:
                speculation.reply.commit()
