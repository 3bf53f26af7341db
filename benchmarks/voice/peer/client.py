"""A client of the pipecat bot: sends audio in real time, and times the first text of each answer.

The few protobuf messages that are needed are written by hand: pipecat is not in the project's environment.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from proving.journey.microphone import Microphone
from proving.load.records import Turn
from proving.load.utterances import Utterance
from proving.load.voiced import SAMPLE_RATE

ANSWER_SECONDS = 20.0
READY_SECONDS = 30.0
AUDIO, MESSAGE = 2, 4  # Fields of pipecat's Frame.
FIRST_TEXT = ("bot-llm-text",)
HEADER_BYTES = 16


@dataclass
class PeerTurn(Turn):
    """A turn with the moments that the bot told, on the client's clock, milliseconds."""

    vad_stopped_ms: float | None = None
    transcript_ms: float | None = None
    marks: dict[str, float] = field(default_factory=dict)


def audio_frame(pcm: bytes) -> bytes:
    """Return pipecat's Frame{audio: AudioRawFrame} in protobuf."""
    inner = _bytes(3, pcm) + _integer(4, SAMPLE_RATE) + _integer(5, 1)
    return _bytes(AUDIO, inner)


def message_frame(message: dict[str, Any]) -> bytes:
    """Return pipecat's Frame{message: MessageFrame} in protobuf."""
    return _bytes(MESSAGE, _bytes(1, json.dumps(message).encode()))


def read_message(body: bytes) -> dict[str, Any] | None:
    """Return the JSON of a Frame{message}, None of any other frame."""
    for number, value in _fields(body):
        if number == MESSAGE and isinstance(value, bytes):
            for inner, text in _fields(value):
                if inner == 1 and isinstance(text, bytes):
                    found = json.loads(text)
                    return found if isinstance(found, dict) else None
    return None


async def talk(url: str, utterances: Sequence[Utterance], *, thoughts: Sequence[float]) -> list[PeerTurn]:
    """Say all utterances on one connection, each after its thought; return what became of them."""
    async with connect(url, proxy=None, max_size=1 << 22) as socket:
        return await _Guest(socket).say_all(utterances, thoughts=thoughts)


class _Guest:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._zero = time.perf_counter()
        self._ready = asyncio.Event()
        self._answered = asyncio.Event()
        self._turn: PeerTurn | None = None
        self._microphone = Microphone(self._send, now_ms=self._now_ms)

    def _now_ms(self) -> float:
        return (time.perf_counter() - self._zero) * 1000

    async def _send(self, frame: bytes) -> None:
        await self._socket.send(audio_frame(frame[HEADER_BYTES:]))

    async def say_all(self, utterances: Sequence[Utterance], *, thoughts: Sequence[float]) -> list[PeerTurn]:
        reading = asyncio.create_task(self._read())
        await self._socket.send(
            message_frame(
                {
                    "label": "rtvi-ai",
                    "type": "client-ready",
                    "id": "1",
                    "data": {"version": "1.2.0", "about": {"library": "benchmark"}},
                }
            )
        )
        await asyncio.wait_for(self._ready.wait(), READY_SECONDS)
        microphone = asyncio.create_task(self._microphone.stay_open())
        try:
            return [
                await self._say(utterance, thought=thought)
                for utterance, thought in zip(utterances, thoughts, strict=True)
            ]
        finally:
            for task in (reading, microphone):
                task.cancel()
            await asyncio.gather(reading, microphone, return_exceptions=True)

    async def _say(self, utterance: Utterance, *, thought: float) -> PeerTurn:
        await asyncio.sleep(thought)
        speech = utterance.speech
        turn = PeerTurn(said=utterance.name, text=utterance.text, seconds=(speech.last_voiced + 1) / SAMPLE_RATE)
        self._answered.clear()
        self._turn = turn
        speaking = asyncio.create_task(self._speak(turn, utterance))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), turn.seconds + ANSWER_SECONDS)
        turn.cut_early = turn.answered_ms is not None and turn.last_voiced_ms is None
        self._microphone.hush()
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        if turn.last_voiced_ms is not None:
            moments = {"vad stop": turn.vad_stopped_ms, "transcript": turn.transcript_ms}
            turn.marks = {name: at - turn.last_voiced_ms for name, at in moments.items() if at is not None}
        return turn

    async def _speak(self, turn: PeerTurn, utterance: Utterance) -> None:
        turn.last_voiced_ms = await self._microphone.say(utterance.speech)
        turn.late_ms = self._microphone.late_ms[-1]

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for body in self._socket:
                message = read_message(body) if isinstance(body, bytes) else None
                if message is not None:
                    self._on(message)

    def _on(self, message: dict[str, Any]) -> None:
        kind, data, turn, now = message.get("type"), message.get("data") or {}, self._turn, self._now_ms()
        if kind == "bot-ready":
            self._ready.set()
        elif turn is None or turn.answered_ms is not None:
            return
        elif kind == "vad-user-stopped-speaking":
            turn.vad_stopped_ms = now
        elif kind == "user-transcription" and data.get("final"):
            turn.transcript_ms = now
            turn.heard = f"{turn.heard} {data['text']}".strip()
        elif kind in FIRST_TEXT and data.get("text"):
            turn.answered_ms = now
            self._answered.set()


def _varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _bytes(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _integer(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _fields(body: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(body):
        key, place = _read_varint(body, place)
        if key & 7 == 2:
            length, place = _read_varint(body, place)
            yield key >> 3, body[place : place + length]
            place += length
        elif key & 7 == 0:
            value, place = _read_varint(body, place)
            yield key >> 3, value
        else:
            return


def _read_varint(body: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
