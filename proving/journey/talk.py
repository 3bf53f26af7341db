"""The talk: the test customer answers each question, repeats once if not understood, then types."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from pilot.cafes import Language
from pilot.events import CONSENT_VERSION, Mode
from proving.journey.connection import Connection, ReceivedMessage
from proving.journey.errors import JourneyFailed
from proving.journey.lines import line
from proving.journey.microphone import Microphone
from proving.journey.speech import speech
from proving.journey.stages import Stages

TALK_SECONDS = 240.0
BREATH_SECONDS = 0.4  # From the opened microphone to the first word: nobody answers at once.
DEVICE_RATE = 48_000


@dataclass(slots=True)
class TurnResult:
    """One turn of the test customer and its answer.

    Attributes:
        turn: The turn's number.
        mode: voice or text.
        low_confidence: Whether the recogniser's confidence was too low.
        response_ms: First words of the answer minus the last voiced sample, client's clock; None for typed turns.
        end_error_ms: The edge's end of speech minus the true one; None for typed turns.
        purpose: The answer's purpose: follow_up, ask_again, no_speech or thanks.
        author: The answer's author.
    """

    turn: int
    mode: Mode
    low_confidence: bool = False
    response_ms: float | None = None
    end_error_ms: float | None = None
    purpose: str = ""
    author: str = ""


@dataclass(slots=True)
class TalkResult:
    """The result of a talk.

    Attributes:
        session_id: The session.
        voice_qualified: Whether the edge reports the language as qualified for voice.
        receipt: Path of the receipt.
        reference: The reference that a guest gives to support.
        turns: The turns in order.
        asked_again: How often the edge asked to repeat an answer.
        typed_instead: Whether the customer switched to typing.
        refusals: Codes of the errors that the edge sent.
    """

    session_id: str = ""
    voice_qualified: bool = False
    receipt: str = ""
    reference: str = ""
    turns: list[TurnResult] = field(default_factory=list)
    asked_again: int = 0
    typed_instead: bool = False
    refusals: list[str] = field(default_factory=list)


class Customer:
    """The test customer of one talk."""

    def __init__(self, connection: Connection, *, code: str, language: Language, mode: Mode, stages: Stages) -> None:
        self._connection = connection
        self._code = code
        self._language: Language = language
        self._mode: Mode = mode
        self._stages = stages
        self._microphone = Microphone(connection.send_audio, now_ms=connection.now_ms)
        self._answer_number = 0
        self._speaking: asyncio.Task[None] | None = None
        self._last_voiced_ms: float | None = None
        self._answered_as: Mode | None = None
        self._shown: set[int] = set()
        self._heard: dict[int, dict[str, Any]] = {}
        self.talk = TalkResult()

    async def hold(self) -> TalkResult:
        """Talk from hello to completed.

        Raises:
            JourneyFailed: the edge refused, closed the connection or fell silent; the text names the stage.
        """
        await self._connection.send(
            "hello",
            v=1,
            code=self._code,
            language=self._language,
            client={"browser": "pilot-journey", "os": "test", "os_major": "1", "in_app": False},
            simulated=True,
        )
        microphone: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(TALK_SECONDS):
                async for arrived in self._connection.arrivals():
                    if arrived.kind == "question" and microphone is None and self._mode == "voice":
                        microphone = asyncio.create_task(self._microphone.stay_open())
                        await self._connection.send("microphone", result="granted", sample_rate=DEVICE_RATE)
                    await self._on(arrived)
                    if self.talk.receipt:
                        return self.talk
        except TimeoutError:
            raise JourneyFailed(
                f"The talk was not over after {TALK_SECONDS:g} s; last reached: {self._last_stage()}.",
                remedy="The edge's log says what it waited for: .logs/edge.log.",
            ) from None
        finally:
            for task in (microphone, self._speaking):
                if task is not None:
                    task.cancel()
        raise JourneyFailed(
            f"The edge ended the talk before it was sent ({self._connection.closing()}); "
            f"last reached: {self._last_stage()}; it said: {', '.join(self.talk.refusals) or 'nothing'}.",
            remedy="Its log says why: .logs/edge.log.",
        )

    def _last_stage(self) -> str:
        return self._stages.reached[-1].name if self._stages.reached else "nothing"

    async def _on(self, arrived: ReceivedMessage) -> None:
        fields = arrived.fields
        match arrived.kind:
            case "welcome":
                await self._welcomed(fields)
            case "question":
                self._answered_as = None
                if fields["turn"] == 1:
                    self._stages.reach("asked the first question")
            case "state":
                await self._on_state(fields["state"])
            case "heard":
                self._heard[fields["turn"]] = fields
            case "reply":
                await self._replied(arrived)
            case "review":
                self._stages.reach("looked over what was said")
                await self._connection.send("finish")
            case "completed":
                self.talk.receipt, self.talk.reference = fields["receipt"], fields["reference"]
                self._stages.reach("sent", note=f"reference {fields['reference']}")
            case "busy":
                self.talk.refusals.append("busy")
            case "error":
                self.talk.refusals.append(str(fields["code"]))

    async def _welcomed(self, fields: dict[str, Any]) -> None:
        self.talk.session_id = fields["session_id"]
        self.talk.voice_qualified = bool(fields["voice"]["qualified"])
        self._stages.reach("welcomed", note=f"session {fields['session_id']}")
        await self._connection.send("start", mode=self._mode, language=self._language)
        await self._connection.send("consent", granted=True, version=CONSENT_VERSION, scope=["transcript"])

    async def _on_state(self, state: str) -> None:
        """Answer each question once, when the edge is ready for the answer."""
        if self._answered_as == self._mode:
            return
        if state == "listening" and self._mode == "voice":
            self._answered_as = "voice"
            self._speaking = asyncio.create_task(self._speak())
        elif state in ("ready", "listening") and self._mode == "text":
            self._answered_as = "text"
            self._last_voiced_ms = None
            await self._connection.send("text", text=line(self._language, self._answer_number).text)

    async def _speak(self) -> None:
        self._last_voiced_ms = None
        await asyncio.sleep(BREATH_SECONDS)
        self._last_voiced_ms = await self._microphone.say(speech(line(self._language, self._answer_number)))

    async def _replied(self, arrived: ReceivedMessage) -> None:
        fields = arrived.fields
        turn = int(fields["turn"])
        if turn not in self._shown:
            self._shown.add(turn)
            # This client draws nothing: words count as shown when they arrive.
            shown_ms = self._connection.now_ms()
            await self._connection.send("shown", turn=turn, at_ms=shown_ms)
            self._note_answer(turn, fields, shown_ms=shown_ms)
        if fields["final"]:
            self.talk.turns[-1].purpose = fields["purpose"]
            self.talk.turns[-1].author = fields["author"]
            await self._go_on(fields["purpose"])

    def _note_answer(self, turn: int, fields: dict[str, Any], *, shown_ms: float) -> None:
        heard = self._heard.get(turn, {})
        mode: Mode = heard.get("mode", self._mode)
        answered = TurnResult(turn=turn, mode=mode, low_confidence=bool(heard.get("low_confidence")))
        end = self._last_voiced_ms
        if mode == "voice" and end is not None:
            answered.response_ms = round(shown_ms - end, 1)
            if fields.get("speech_end_page_ms") is not None:
                answered.end_error_ms = round(fields["speech_end_page_ms"] - end, 1)
        self.talk.turns.append(answered)
        note = "typed" if answered.response_ms is None else f"first words {answered.response_ms / 1000:.2f} s after"
        self._stages.reach(f"turn {turn} answered", note=note + (", not understood" if answered.low_confidence else ""))

    async def _go_on(self, purpose: str) -> None:
        """Go to the next line; if the edge did not understand, repeat the line once, then type."""
        self._microphone.hush()
        if purpose not in ("ask_again", "no_speech"):
            self._answer_number += 1
            return
        self.talk.asked_again += 1
        if self.talk.asked_again > 1 and self._mode == "voice":
            self._mode = "text"
            self.talk.typed_instead = True
            await self._connection.send("mode", mode="text")
