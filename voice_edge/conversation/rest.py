"""Completes a session without a WebSocket: resumes it, adds the unsent turn, finishes it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pilot.cafes import Cafe
from pilot.events import UtteranceCommitted
from voice_edge.conversation.completion import complete, completed_message
from voice_edge.conversation.recognition import recognise, recognised_within
from voice_edge.conversation.recorder import Recorder
from voice_edge.conversation.redacting import redacted
from voice_edge.conversation.state import CommittedTurn, SessionState
from voice_edge.edge import Edge
from voice_edge.errors import NotNow, ProtocolFault
from voice_edge.hearing.turn_taking import SPEECH_FROM, WINDOW_SAMPLES
from voice_edge.protocol import CloseCode, RestAnswer
from voice_edge.protocol.frames import SAMPLE_RATE

if TYPE_CHECKING:
    from voice_edge.hearing.transcript import Transcript

BYTES_PER_SAMPLE = 2
MOST_SOUND_SECONDS = 45
MOST_SOUND_BYTES = MOST_SOUND_SECONDS * SAMPLE_RATE * BYTES_PER_SAMPLE
MARGIN_SAMPLES = SAMPLE_RATE // 2  # Margin around the speech, so that its first and last words are not cut.
LEAST_SPEECH_WINDOWS = 3  # The same number starts a turn on a connection.
RECOGNITION_SECONDS = 25.0  # A request may take this long, because no conversation waits for it.
FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class UnsentTurn:
    """The turn that a page could not send: sound (PCM16), text, or neither."""

    sound: bytes = b""
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Speech:
    """The part of the sound that contains speech, and its number of voiced samples."""

    audio: npt.NDArray[np.float32]
    voiced_samples: int


class RestOfSession:
    """One request that completes a session; registered as the session's live connection."""

    def __init__(self, *, edge: Edge) -> None:
        self._edge = edge
        self.ended = asyncio.Event()

    def hang_up(self, code: CloseCode) -> None:
        """Do nothing: a request has its own deadline and its own epoch."""

    async def send(self, state: SessionState, rest: UnsentTurn, *, cafe: Cafe) -> RestAnswer:
        """Complete the resumed session `state` with `rest`; return the message to its page.

        Raises:
            ProtocolFault: the session has no consent to completion, or none to sound.
            NotNow: no turn has words, or the text is too long.
            RecognitionRefused: the sound was not recognised.
            NotRecorded: an event could not be written.
        """
        edge = self._edge
        if state.phase != "completed":
            _expect_consent(state, sound=bool(rest.sound))
            state.epoch = await edge.sessions.claim(self, session_id=state.session_id, epoch=state.epoch)
            recorder = Recorder(
                log=edge.log,
                state=state,
                replica=edge.settings.replica,
                clock=edge.clock,
                metrics=edge.metrics,
                budgets=edge.budgets,
            )
            try:
                turn = await self._turn(state, rest)
                if turn is not None:
                    await _commit(state, turn, recorder=recorder)
                await complete(state, edge=edge, cafe=cafe, record=recorder.record)
            finally:
                await recorder.settle()
                if edge.recogniser is not None:
                    edge.recogniser.forget(state.session_id)
                edge.log.publish_soon()
        return RestAnswer(**completed_message(state, edge=edge).model_dump(), turns=state.known_turns())

    async def _turn(self, state: SessionState, rest: UnsentTurn) -> UtteranceCommitted | None:
        """Return the turn in `rest`, redacted; None if there is none."""
        common: dict[str, Any] = {
            "turn": state.next_turn,
            "revision": state.revision(1),
            "language": state.language,
            "question": state.question,
        }
        text = rest.text.strip()
        if text:
            if len(text) > self._edge.limits.text_characters:
                raise NotNow("The text is too long.", code="too_long", retryable=False)
            return UtteranceCommitted(mode="text", transcript=await redacted(state, text), **common)
        speech = await asyncio.to_thread(self._speech, rest.sound) if rest.sound else None
        if speech is None or state.phase == "review":
            return None
        heard = await self._heard(state, speech)
        words = await redacted(state, heard.text)
        if heard.no_speech or not words.strip():
            return None
        return UtteranceCommitted(
            mode="voice",
            transcript=words,
            confidence=heard.confidence,
            low_confidence=heard.low_confidence,
            speech_samples=speech.voiced_samples,
            **common,
        )

    async def _heard(self, state: SessionState, speech: _Speech) -> Transcript:
        edge = self._edge
        recognition = asyncio.create_task(
            recognise(edge, speech.audio, language=state.language, session_id=state.session_id), name="recognising"
        )
        return await recognised_within(RECOGNITION_SECONDS, recognition, edge=edge, session_id=state.session_id)

    def _speech(self, sound: bytes) -> _Speech | None:
        """Return the speech in the sound; None if there is none."""
        windows = self._edge.new_listener().feed(sound)
        voiced = [window.start for window in windows if window.probability >= SPEECH_FROM]
        if len(voiced) < LEAST_SPEECH_WINDOWS:
            return None
        samples = np.frombuffer(sound, dtype="<i2").astype(np.float32) / FULL_SCALE
        start, end = max(0, voiced[0] - MARGIN_SAMPLES), voiced[-1] + WINDOW_SAMPLES + MARGIN_SAMPLES
        return _Speech(audio=samples[start:end], voiced_samples=len(voiced) * WINDOW_SAMPLES)


def _expect_consent(state: SessionState, *, sound: bool) -> None:
    if not state.consented or state.phase not in ("talking", "review") or (sound and not state.microphone_granted):
        raise ProtocolFault("The session has no consent to this.", code="out_of_order")


async def _commit(state: SessionState, turn: UtteranceCommitted, *, recorder: Recorder) -> None:
    await recorder.record(turn)
    state.turns.append(
        CommittedTurn(
            turn=turn.turn,
            question=turn.question,
            text=turn.transcript,
            mode=turn.mode,
            low_confidence=turn.low_confidence,
        )
    )
    state.next_turn += 1
    state.speech_samples += turn.speech_samples
