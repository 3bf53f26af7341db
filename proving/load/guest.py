"""A simulated guest, who thinks, speaks and waits for answers until the feedback is sent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed

from pilot.cafes import Language
from pilot.events import CONSENT_VERSION
from proving.journey.connection import Connection, ReceivedMessage
from proving.journey.microphone import Microphone
from proving.load.records import Conversation, Failure, Turn
from proving.load.utterances import Utterance
from proving.load.voiced import SAMPLE_RATE

DEVICE_RATE = 48_000
# The edge promises an answer, a repeated question or a close within 18 s of a turn's end; the rest is margin.
ANSWER_SECONDS = 25.0
STEP_SECONDS = 20.0
FIRST_BREATH_SECONDS = (0.4, 2.0)


@dataclass(frozen=True, slots=True)
class Manner:
    """How guests talk: language and pauses.

    Attributes:
        language: The language of the utterances.
        shortest_thought: Minimum seconds from an answer to the next words.
        longest_thought: Maximum seconds from an answer to the next words.
    """

    language: Language = "en"
    shortest_thought: float = 3.0
    longest_thought: float = 8.0


class Guest:
    """Holds one conversation and records it."""

    def __init__(
        self,
        connection: Connection,
        *,
        code: str,
        number: int,
        manner: Manner,
        utterances: Iterator[Utterance],
        chance: random.Random,
    ) -> None:
        self._connection = connection
        self._code = code
        self._manner = manner
        self._utterances = utterances
        self._chance = chance
        self._arrived: asyncio.Queue[ReceivedMessage | None] = asyncio.Queue()
        self._turn: Turn | None = None
        self._shown: set[int] = set()
        self._waiting_for = "welcome"
        self._deadline_ms = 0.0
        self._patience: asyncio.Timeout | None = None
        self._reading_on = False
        self._speaking: asyncio.Task[None] | None = None
        self._microphone_open: asyncio.Task[None] | None = None
        self.microphone = Microphone(connection.send_audio, now_ms=connection.now_ms)
        self.conversation = Conversation(guest=number)

    async def converse(self) -> None:
        """Talk from hello to the close; failures are recorded in `conversation`, none is raised."""
        reading = asyncio.create_task(self._read(), name="reading")
        try:
            await self._send(
                "hello",
                v=1,
                code=self._code,
                language=self._manner.language,
                client={"browser": "pilot-load", "os": "test", "os_major": "1", "in_app": False},
                simulated=True,
            )
            await self._follow()
        except ConnectionClosed:
            self._closed()
        except asyncio.CancelledError:
            self.conversation.stopped = True
            with suppress(ConnectionClosed):
                await self._send("leave")
            raise
        finally:
            tasks = [task for task in (reading, self._speaking, self._microphone_open) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.conversation.seconds = self._connection.now_ms() / 1000

    def mute(self) -> None:
        """Stop sending frames, without closing the connection."""
        if self._microphone_open is not None:
            self._microphone_open.cancel()

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for arrived in self._connection.arrivals():
                self._arrived.put_nowait(arrived)
        self._arrived.put_nowait(None)

    async def _follow(self) -> None:
        self._expect("welcome", seconds=STEP_SECONDS)
        while True:
            try:
                async with asyncio.timeout(self._seconds_left()) as self._patience:
                    self._reading_on = True
                    arrived = await self._arrived.get()
                    self._reading_on = False
            except TimeoutError:
                kind = "no_answer" if self._waiting_for == "an answer" else "timeout"
                self._fail(kind, self._waiting_for)
                return
            if arrived is None:
                self._closed()
                return
            await self._on(arrived)
            if arrived.kind == "busy":
                # A person would now type or leave; this guest counts a failure of voice.
                await self._send("leave")
                return

    async def _on(self, arrived: ReceivedMessage) -> None:
        fields = arrived.fields
        match arrived.kind:
            case "welcome":
                self.conversation.session_id = fields["session_id"]
                await self._send("start", mode="voice", language=self._manner.language)
                await self._send("consent", granted=True, version=CONSENT_VERSION, scope=["transcript"])
                self._expect("the first question", seconds=STEP_SECONDS)
            case "question" if self._microphone_open is None:
                self._microphone_open = asyncio.create_task(self.microphone.stay_open(), name="microphone")
                await self._send("microphone", result="granted", sample_rate=DEVICE_RATE)
                self._expect("listening", seconds=STEP_SECONDS)
            case "state":
                self._on_state(fields["state"])
            case "heard":
                if self._turn is not None:
                    self._turn.heard = fields["text"]
            case "reply":
                await self._replied(arrived)
            case "review":
                self._stop_speaking()
                await self._send("finish")
                self._expect("completed", seconds=STEP_SECONDS)
            case "completed":
                self.conversation.completed = True
                self._expect("the close", seconds=STEP_SECONDS)
            case "busy":
                self._fail("busy", "voice is full")
            case "error":
                self._fail("error", str(fields["code"]))

    def _on_state(self, state: str) -> None:
        if state == "listening" and (self._speaking is None or self._speaking.done()):
            self._turn = None
            self._speaking = asyncio.create_task(self._speak(), name="speaking")

    async def _speak(self) -> None:
        first = not self.conversation.turns
        thought = FIRST_BREATH_SECONDS if first else (self._manner.shortest_thought, self._manner.longest_thought)
        utterance = next(self._utterances)
        speech = utterance.speech
        seconds = (speech.last_voiced + 1) / SAMPLE_RATE
        pause = self._chance.uniform(*thought)
        self._expect("an answer", seconds=pause + seconds + ANSWER_SECONDS)
        await asyncio.sleep(pause)
        turn = Turn(said=utterance.name, text=utterance.text, seconds=seconds)
        self._turn = turn
        self.conversation.turns.append(turn)
        turn.last_voiced_ms = await self.microphone.say(speech)
        turn.late_ms = self.microphone.late_ms[-1]

    def _stop_speaking(self) -> None:
        self.microphone.hush()
        if self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None

    async def _replied(self, arrived: ReceivedMessage) -> None:
        fields = arrived.fields
        number, turn = int(fields["turn"]), self._turn
        if fields["text"] and number not in self._shown:
            # This guest paints nothing: the first words count as shown when they arrive.
            self._shown.add(number)
            await self._send("shown", turn=number, at_ms=arrived.at_ms)
        if turn is None:
            if fields["purpose"] == "no_speech" and fields["final"]:
                self.conversation.prompted += 1
        elif turn.answered_ms is None and fields["text"]:
            turn.turn, turn.answered_ms = number, arrived.at_ms
            turn.cut_early = turn.last_voiced_ms is None
            end = fields.get("speech_end_page_ms")
            if end is not None and turn.last_voiced_ms is not None:
                turn.end_error_ms = end - turn.last_voiced_ms
        if fields["text"] and not fields["final"]:
            self._expect("the rest of an answer", seconds=STEP_SECONDS)
        if fields["final"]:
            self._stop_speaking()
            if turn is not None:
                turn.purpose, turn.author = fields["purpose"], fields["author"]
            self._expect("listening or the review", seconds=STEP_SECONDS)

    def _expect(self, what: str, *, seconds: float) -> None:
        self._waiting_for = what
        self._deadline_ms = self._connection.now_ms() + seconds * 1000
        if self._reading_on and self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time() + seconds)

    def _seconds_left(self) -> float:
        return max(0.0, (self._deadline_ms - self._connection.now_ms()) / 1000)

    def _fail(self, kind: str, detail: str) -> None:
        self.conversation.failures.append(Failure(kind=kind, detail=detail))

    def _closed(self) -> None:
        """Count a close as a failure unless the feedback was sent."""
        if not self.conversation.completed:
            self._fail("close", f"{self._connection.close_code} while waiting for {self._waiting_for}")

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._connection.send(kind, **fields)
