"""Work begun at a soft end, before it is known whether the customer has finished: recognition, then the reply.

Each is used at the commit or thrown away, exactly once, and nothing of it is shown or recorded before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_edge.conversation.live import Live
from voice_edge.conversation.reply_stream import ReplyStream
from voice_edge.conversation.said import conversation
from voice_edge.hearing.turn_taking import Commit, SoftEnd
from voice_edge.interviewer import equivalent

if TYPE_CHECKING:
    from voice_edge.hearing.transcript import Transcript

SAME_END_SAMPLES = 512  # Two ends of speech within one window are the same end.


@dataclass(slots=True)
class Speculation:
    """What was begun at one soft end.

    Attributes:
        began: When the recogniser was asked, edge's steady clock; `ended`: when it was done.
        committed: Whether the customer has finished: the reply is waited for.
        settled: Whether it was used or thrown away.
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
        """Return whether its recognition is of the speech that was committed, and may be used."""
        failed = self.recognition.done() and (self.recognition.cancelled() or self.recognition.exception() is not None)
        return (
            not failed
            and self.revision == commit.revision
            and self.audio_from == commit.audio_from
            and abs(self.speech_end - commit.speech_end) <= SAME_END_SAMPLES
        )


class Speculations:
    """The early work of one microphone, at most one at a time.

    Attributes:
        discarded: How many of the turn's were thrown away.
    """

    def __init__(
        self,
        live: Live,
        *,
        recognise: Callable[[int, int], Coroutine[None, None, Transcript]],
        words: Callable[[int, str], None],
    ) -> None:
        """Take what recognises a piece of the audio, and who is told the words of a revision."""
        self._live = live
        self._recognise = recognise
        self._words = words
        self._current: Speculation | None = None
        self.discarded = 0

    @property
    def under_way(self) -> bool:
        """Return whether one is."""
        return self._current is not None

    def begin(self, event: SoftEnd) -> None:
        """Begin to recognise what was said up to a soft end."""
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
        """Throw away what is under way, if anything is."""
        speculation, self._current = self._current, None
        if speculation is not None:
            self.throw_away(speculation)

    def take(self) -> Speculation | None:
        """Hand over what is under way: the turn is committed. Whoever takes it uses it or throws it away."""
        speculation, self._current = self._current, None
        if speculation is not None:
            speculation.committed = True
            if speculation.reply is not None:
                speculation.reply.commit()
        return speculation

    def use(self, speculation: Speculation) -> None:
        """Count it as used."""
        if not speculation.settled:
            speculation.settled = True
            self._live.edge.metrics.speculation("used")

    def throw_away(self, speculation: Speculation) -> None:
        """Stop it and count it as thrown away."""
        if speculation.settled:
            return
        speculation.settled = True
        speculation.recognition.cancel()
        if speculation.reply is not None:
            speculation.reply.stop()
        self.discarded += 1
        self._live.edge.metrics.speculation("discarded")

    def reply_to(self, speculation: Speculation, *, text: str) -> ReplyStream | None:
        """Return the reply that was begun early, if it answers `text` in the talk as it is now; else stop it."""
        reply, speculation.reply = speculation.reply, None
        if reply is None:
            return None
        now, then = conversation(self._live, said=text), reply.conversation
        if (
            text.strip()
            and equivalent(then.exchanges[-1].answer, text)
            and then.exchanges[:-1] == now.exchanges[:-1]
            and then.follow_ups_asked == now.follow_ups_asked
        ):
            return reply
        reply.stop()
        return None

    def forget_turn(self) -> None:
        """Count anew: another turn begins."""
        self.discarded = 0

    def _recognised(self, speculation: Speculation, task: asyncio.Task[Transcript]) -> None:
        """Begin the reply on what was recognised; a failure is met at the commit."""
        live = self._live
        if speculation.settled or task.cancelled() or task.exception() is not None or live.ending.done():
            return
        heard = task.result()
        speculation.ended = live.edge.clock.monotonic()
        if not speculation.committed:
            self._words(speculation.revision, heard.text)
        text = live.state.redacted(heard.text)
        if not heard.low_confidence and not heard.no_speech and text.strip():
            speculation.reply = ReplyStream(live, conversation(live, said=text))
            if speculation.committed:
                speculation.reply.commit()
