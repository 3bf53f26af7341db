"""Turn order: the customer speaks or writes, then the edge replies."""

from __future__ import annotations

from voice_edge.clock import within
from voice_edge.conversation.finish import finish_if_requested
from voice_edge.conversation.live import Live
from voice_edge.conversation.voice_turns import VoiceTurns, Work
from voice_edge.protocol import Busy, VoiceChange

GUARD_SECONDS = 0.2  # From the display of a reply to listening again.
UNKNOWN_RETRY_SECONDS = 30.0


class Talk:
    """Turn order in one connection's talk."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._taken = 0  # Incremented at each change of turn, so that a late reply does not change it back.
        self.voice = VoiceTurns(live, answering=self.answer_spoken)

    async def ready(self) -> None:
        """Give the turn to the customer: listen if they speak and can be recognised, else wait for text."""
        live, state = self._live, self._live.state
        self._taken += 1
        if state.mode == "voice" and state.microphone_granted and await self._may_talk():
            await self.voice.listen()
            return
        self.voice.close()
        if state.mode == "text":
            live.edge.sessions.release_place(state.session_id)
        await live.show("ready")

    def answer_typed(self, work: Work) -> None:
        """Reply to a typed turn."""
        self.voice.close()
        self._answer(work, spoken=False)

    def answer_spoken(self, work: Work) -> None:
        """Reply to a spoken turn; listening resumes when the page has shown the reply."""
        self._answer(work, spoken=True)

    def _answer(self, work: Work, *, spoken: bool) -> None:
        self._taken += 1
        self._live.begin_turn()
        self._live.spawn(self._answering(work, taken=self._taken, spoken=spoken), name="answering")

    async def _answering(self, work: Work, *, taken: int, spoken: bool) -> None:
        live = self._live
        await live.show("thinking")
        number = live.state.next_turn
        try:
            await work()
        finally:
            live.end_turn()
        await finish_if_requested(live)
        if spoken and live.state.mode == "voice" and live.state.phase == "talking":
            await self._shown(number)
        if taken == self._taken and live.state.phase == "talking":
            await self.ready()

    async def _shown(self, number: int) -> None:
        """Return once the page has shown the reply, or after the deadline."""
        live = self._live
        shown = live.shown.get(number)
        if shown is None:
            return
        try:
            await within(live.edge.limits.shown_wait_seconds, shown.wait(), clock=live.edge.clock)
            await live.edge.clock.sleep(GUARD_SECONDS)
        except TimeoutError:
            live.edge.metrics.count_ignored("reply_never_shown")

    async def _may_talk(self) -> bool:
        """Return whether the recogniser has room for this session; notify the page if not.

        An admitted session retains its place until it writes or ends.
        """
        live = self._live
        edge, session_id = live.edge, live.state.session_id
        if not edge.doors.voice_offered:
            live.state.mode = "text"
            edge.sessions.release_place(session_id)
            await live.send(VoiceChange(offered=False))
            return False
        if edge.recogniser is None:
            await live.send_error("recogniser_error", retryable=True)
            return False
        if edge.sessions.has_place(session_id):
            return True
        admission = edge.recogniser.admission(voice_sessions=edge.sessions.talking)
        if admission.accepted:
            edge.sessions.give_place(session_id)
            return True
        edge.metrics.count_refusal("microphone")
        live.state.mode = "text"  # Until the page requests voice again.
        await live.record_voice_refused()
        await live.send(Busy(retry_after_s=admission.retry_after_s or UNKNOWN_RETRY_SECONDS))
        return False
