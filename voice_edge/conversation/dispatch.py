"""Applies each message of the page to its session."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel

from pilot.events import (
    ClientError,
    ConsentDecided,
    MicrophoneResult,
    ReplyShown,
    SessionStarted,
    UtteranceEdited,
)
from pilot.turns import plausible_response_ms
from voice_edge import interviewer, protocol
from voice_edge.conversation.answer import answer, resume_answer
from voice_edge.conversation.finish import ended_before, finish
from voice_edge.conversation.fixed_answers import open_question
from voice_edge.conversation.live import Live
from voice_edge.conversation.redacting import redacted, redacted_again, redacted_alone
from voice_edge.conversation.state import Phase
from voice_edge.conversation.talk import Talk
from voice_edge.conversation.utterance import Utterance
from voice_edge.doors.entrance import CLOSES
from voice_edge.errors import NotNow, ProtocolFault
from voice_edge.protocol import AudioFrame, CloseCode, DeviceToken, Review

OFFERED_SCOPES = frozenset({"transcript", "device_token"})  # No audio is stored, so consent to it is not requested.


class Dispatch:
    """Applies messages to a session one after another; replies run concurrently."""

    def __init__(self, live: Live, *, device_token: str | None = None) -> None:
        self._live = live
        self._device_token = device_token
        self._talk = Talk(live)
        self._shown: set[int] = set()
        self._client_errors = 0

    async def resume(self) -> None:
        """Send a reconnected page the state of its session."""
        live, state = self._live, self._live.state
        if state.phase == "review":
            await live.send(Review(turns=state.texts()))
            await live.show("review")
        elif state.phase == "talking" and state.pending is not None:
            number = state.pending
            self._talk.answer_typed(lambda: resume_answer(live, number))
        elif state.phase == "talking":
            await live.send(open_question(live))
            await self._talk.ready()

    async def frame(self, frame: AudioFrame) -> None:
        """Process an audio frame.

        Raises:
            ProtocolFault: consent or the microphone has not been granted.
        """
        state = self._live.state
        if not (state.consented and state.microphone_granted):
            raise ProtocolFault("Audio before consent and a granted microphone.", code="out_of_order")
        await self._talk.voice.hear(frame)

    async def message(self, message: BaseModel) -> None:
        """Process one message.

        Raises:
            ProtocolFault: the message does not fit the session's state.
            NotNow: the message cannot be served at the moment.
        """
        live = self._live
        if isinstance(message, protocol.Ping):
            await live.send(protocol.Pong(at_ms=message.at_ms))
            return
        live.touch()
        if isinstance(message, protocol.Start):
            await self._start(message)
        elif isinstance(message, protocol.Consent):
            await self._consent(message)
        elif isinstance(message, protocol.Microphone):
            await self._microphone(message)
        elif isinstance(message, protocol.ModeChange):
            await self._mode(message)
        elif isinstance(message, protocol.Text):
            await self._text(message)
        elif isinstance(message, protocol.Stop):
            if live.state.phase == "talking":
                await self._talk.voice.stop()
        elif isinstance(message, protocol.Edit):
            await self._edit(message)
        elif isinstance(message, protocol.Shown):
            await self._reply_shown(message)
        elif isinstance(message, protocol.Finish):
            await self._finish()
        elif isinstance(message, protocol.Leave):
            await self._leave()
        elif isinstance(message, protocol.ClientErrorReport):
            await self._client_error(message)
        else:
            raise ProtocolFault("A session is greeted once.", code="out_of_order")

    async def _start(self, message: protocol.Start) -> None:
        self._expect("greeted")
        live, state = self._live, self._live.state
        refusal = await live.edge.doors.start(state.session_id)
        if refusal is not None:
            live.edge.metrics.count_refusal(refusal.code)
            await live.send_error(refusal.code, retryable=refusal.retryable, retry_after_s=refusal.retry_after_s)
            live.end(CLOSES[refusal.code])
            return
        state.mode = message.mode
        state.language = message.language if message.language in live.cafe.languages else state.language
        state.phase = "started"
        await live.record(
            SessionStarted(
                mode=state.mode,
                language=state.language,
                client=state.client,
                device_hash=state.device_hash,
                code=state.code,
                network_hash=state.network_hash,
            )
        )

    async def _consent(self, message: protocol.Consent) -> None:
        self._expect("started")
        live, state = self._live, self._live.state
        remembered = None
        if message.granted and "device_token" in message.scope:
            remembered = live.edge.doors.remember(self._device_token)
        state.consented = message.granted
        if message.granted:
            state.phase = "talking"
            live.edge.doors.consent(state.session_id)
            state.question = interviewer.opening_question(live.cafe, state.language)
        await live.record(
            ConsentDecided(
                granted=message.granted,
                version=message.version,
                scope=tuple(part for part in message.scope if part in OFFERED_SCOPES),
                device_token_hash=_hash(remembered.token) if remembered is not None else None,
            )
        )
        if not message.granted:
            await live.abandon("declined")
            await live.show("ended")
            live.end(CloseCode.DONE)
            return
        if remembered is not None and remembered.token != self._device_token:
            await live.send(DeviceToken(token=remembered.token, expires_at=remembered.expires_at.isoformat()))
        await live.send(open_question(live))
        await live.show("ready")

    async def _microphone(self, message: protocol.Microphone) -> None:
        self._expect("talking", "review")
        live, state = self._live, self._live.state
        state.microphone_granted = message.result == "granted"
        await live.record(MicrophoneResult(result=message.result, sample_rate=message.sample_rate))
        going_on = state.microphone_granted and self._talk.voice.listening
        if not live.busy and state.phase == "talking" and not going_on:
            await self._talk.ready()

    async def _mode(self, message: protocol.ModeChange) -> None:
        self._expect("talking", "review", "started")
        live = self._live
        going_on = message.mode == "voice" and self._talk.voice.listening
        live.state.mode = message.mode
        if live.state.phase == "talking" and not live.busy and not going_on:
            await self._talk.ready()

    async def _text(self, message: protocol.Text) -> None:
        self._expect("talking")
        live = self._live
        if live.busy and not live.answered:
            raise NotNow("A turn is being answered.", code="wait")
        await live.idle.wait()
        if live.state.phase != "talking":
            raise NotNow("The talk is over.", code="wait", retryable=False)
        text = message.text.strip()
        if len(text) > live.edge.limits.text_characters:
            raise NotNow("The text is too long.", code="too_long", retryable=False)
        if not text:
            raise NotNow("The text is empty.", code="nothing_said", retryable=False)
        if await ended_before(live):
            return
        said = Utterance(text=await redacted(live.state, text))
        if live.busy or live.state.phase != "talking":  # A spoken turn ended meanwhile.
            raise NotNow("A turn is being answered.", code="wait")
        self._talk.answer_typed(lambda: answer(live, said))

    async def _edit(self, message: protocol.Edit) -> None:
        self._expect("talking", "review")
        live, state = self._live, self._live.state
        turn = state.turn(message.turn)
        if turn is None:
            raise ProtocolFault("There is no such turn.", code="unknown_turn")
        text = message.text.strip()
        if len(text) > live.edge.limits.text_characters:
            raise NotNow("The text is too long.", code="too_long", retryable=False)
        if await ended_before(live):
            return
        text = await redacted_again(state, turn.turn, text)
        self._expect("talking", "review")
        if not live.edge.budgets.spend_edit(state.session_id):
            raise NotNow("The turns were edited too often.", code="too_many_edits", retryable=False)
        turn.text = text
        turn.edited = True
        await live.record(UtteranceEdited(turn=turn.turn, transcript=turn.text))

    async def _reply_shown(self, message: protocol.Shown) -> None:
        live = self._live
        waiting = live.shown.get(message.turn)
        if waiting is None or message.turn in self._shown:
            live.edge.metrics.count_ignored("shown_without_reply")
            return
        self._shown.add(message.turn)
        speech_end = live.speech_ends.get(message.turn)
        claimed_ms = None if speech_end is None else round(message.at_ms - speech_end, 1)
        response_ms = plausible_response_ms(claimed_ms, sent_ms=live.sent_ms.get(message.turn))
        implausible = claimed_ms is not None and response_ms is None
        waiting.set()
        if implausible:
            live.edge.metrics.count_ignored("implausible_response_time")
        live.edge.metrics.time_stage("shown", ms=response_ms)
        await live.record(ReplyShown(turn=message.turn, response_ms=response_ms, implausible=implausible))

    async def _finish(self) -> None:
        self._expect("talking", "review")
        live = self._live
        if live.busy:
            live.finish_requested = True
            return
        self._talk.voice.close()
        await finish(live)

    async def _leave(self) -> None:
        live = self._live
        await live.abandon("closed")
        live.state.phase = "left"
        await live.show("ended")
        live.end(CloseCode.DONE)

    async def _client_error(self, message: protocol.ClientErrorReport) -> None:
        self._client_errors += 1
        if self._client_errors > self._live.edge.limits.client_errors:
            self._live.edge.metrics.count_ignored("client_error")
            return
        state = self._live.state
        await self._live.record(
            ClientError(
                code=await redacted_alone(state, message.code), message=await redacted_alone(state, message.message)
            )
        )

    def _expect(self, *phases: Phase) -> None:
        if self._live.state.phase not in phases:
            raise ProtocolFault("The message does not fit the session's state.", code="out_of_order")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
