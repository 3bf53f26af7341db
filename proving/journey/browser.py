"""The talk in a real browser: Chromium opens the code's page, with an audio file as its microphone."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pilot.cafes import Language
from proving.journey.errors import JourneyFailed
from proving.journey.lines import LINES, Line
from proving.journey.speech import SAMPLE_RATE, speech
from proving.journey.stages import Stages
from proving.journey.talk import TalkResult, TurnResult

if TYPE_CHECKING:
    from playwright.async_api import Page, WebSocket

QUIET_BEFORE_SECONDS, QUIET_AFTER_SECONDS = 1.0, 7.0
REVIEW_SECONDS = 150.0
STEP_SECONDS = 30.0
PHONE = {"width": 390, "height": 844}
LOCALES: dict[Language, str] = {"en": "en-GB", "sv": "sv-SE"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",  # Needed for root; it opens only this pilot's own page.
    "--disable-gpu",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def microphone_file(path: Path, *, language: Language) -> Path:
    """Write the microphone's audio file: each line, followed by silence for its answer."""
    pieces = [np.zeros(int(QUIET_BEFORE_SECONDS * SAMPLE_RATE), dtype=np.int16)]
    for number in range(len(LINES[language])):
        pieces.append(speech(Line(language=language, number=number)).samples)
        pieces.append(np.zeros(int(QUIET_AFTER_SECONDS * SAMPLE_RATE), dtype=np.int16))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(np.concatenate(pieces).astype("<i2").tobytes())
    return path


class ProtocolRecorder:
    """Records the talk from the messages between page and edge."""

    def __init__(self, stages: Stages) -> None:
        self.talk = TalkResult()
        self._stages = stages
        self._answers: dict[int, TurnResult] = {}
        self._speech_ends: dict[int, float] = {}

    def listen(self, socket: WebSocket) -> None:
        """Record one connection of the page."""
        socket.on("framereceived", lambda body: self.take(body, self.received))
        socket.on("framesent", lambda body: self.take(body, self.sent))

    def take(self, body: str | bytes, then: Any) -> None:
        """Parse a text frame and pass it on; ignore audio."""
        if isinstance(body, str):
            then(json.loads(body))

    def received(self, fields: dict[str, Any]) -> None:
        """Record a message of the edge."""
        match fields["type"]:
            case "welcome":
                self.talk.session_id = fields["session_id"]
                self.talk.voice_qualified = bool(fields["voice"]["qualified"])
                self._stages.reach("welcomed", note=f"session {fields['session_id']}")
            case "heard":
                turn = fields["turn"]
                self._answers[turn] = TurnResult(
                    turn=turn, mode=fields["mode"], low_confidence=bool(fields.get("low_confidence"))
                )
            case "reply":
                self._replied(fields)
            case "completed":
                self.talk.receipt, self.talk.reference = fields["receipt"], fields["reference"]
            case "error":
                self.talk.refusals.append(str(fields["code"]))

    def _replied(self, fields: dict[str, Any]) -> None:
        turn = int(fields["turn"])
        answer = self._answers.setdefault(turn, TurnResult(turn=turn, mode="voice"))
        if fields.get("speech_end_page_ms") is not None:
            self._speech_ends[turn] = fields["speech_end_page_ms"]
        if fields["final"]:
            answer.purpose, answer.author = fields["purpose"], fields["author"]
            self.talk.asked_again += fields["purpose"] in ("ask_again", "no_speech")

    def sent(self, fields: dict[str, Any]) -> None:
        """Record a message of the page."""
        if fields["type"] != "shown":
            return
        turn = int(fields["turn"])
        answer = self._answers.setdefault(turn, TurnResult(turn=turn, mode="voice"))
        end = self._speech_ends.get(turn)
        note = ""
        if end is not None:
            answer.response_ms = round(fields["at_ms"] - end, 1)
            note = f"first words on the screen {answer.response_ms / 1000:.2f} s after, by the page's clock"
        self._stages.reach(f"turn {turn} answered", note=note)

    def turns(self) -> list[TurnResult]:
        """Return the turns in order, silent ones included."""
        return [self._answers[turn] for turn in sorted(self._answers)]


async def talk_in_browser(
    address: str, *, language: Language, stages: Stages, pictures: Path | None = None
) -> TalkResult:
    """Talk from the code's page to the receipt in a real browser.

    Args:
        address: The code's page.
        language: The language of the packaged lines.
        stages: Where reached stages are recorded.
        pictures: A folder for screenshots; None takes none.

    Raises:
        JourneyFailed: there is no browser, or the page did not reach its receipt.
    """
    try:
        from playwright.async_api import Error, async_playwright
    except ModuleNotFoundError:
        raise JourneyFailed(
            "Playwright is not installed here.", remedy="It is among the development tools: `make test` installs them."
        ) from None
    binary = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if binary is None:
        raise JourneyFailed("There is no Chromium here.", remedy="`apt-get install chromium`.")
    overheard = ProtocolRecorder(stages)
    with tempfile.TemporaryDirectory(prefix="pilot-journey-") as folder:
        voice = await asyncio.to_thread(microphone_file, Path(folder) / "guest.wav", language=language)
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=binary, args=[*FLAGS, f"--use-file-for-fake-audio-capture={voice}"]
                )
                page = await browser.new_page(viewport=PHONE, locale=LOCALES[language])  # type: ignore[arg-type]
                page.on("websocket", overheard.listen)
                try:
                    await _walk(page, f"{address}&lang={language}", overheard, stages=stages, pictures=pictures)
                finally:
                    await browser.close()
        except Error as error:
            reached = stages.reached[-1].name if stages.reached else "nothing"
            raise JourneyFailed(
                f"The page did not go on ({type(error).__name__}); last reached: {reached}; "
                f"the edge said: {', '.join(overheard.talk.refusals) or 'no error'}.",
                remedy="See .logs/edge.log; --pictures FOLDER shows the screens.",
            ) from None
    overheard.talk.turns = overheard.turns()
    return overheard.talk


async def _walk(
    page: Page, address: str, overheard: ProtocolRecorder, *, stages: Stages, pictures: Path | None
) -> None:
    page.set_default_timeout(STEP_SECONDS * 1000)
    number = 0

    async def picture(name: str) -> None:
        nonlocal number
        number += 1
        if pictures is not None:
            await page.screenshot(path=pictures / f"{number}-{name}.png", full_page=True)

    await page.goto(address)
    await page.wait_for_selector("#choose-voice")
    stages.reach("opened the customer's page in a browser")
    await picture("welcome")
    await page.click("#choose-voice")
    await picture("consent")
    await page.click("#agree")
    try:
        await page.wait_for_selector("body[data-screen=review]", timeout=REVIEW_SECONDS * 1000)
    finally:
        await picture("talk")
    stages.reach("looked over what was said")
    await page.click("#finish")
    await page.wait_for_url("**/r/*")
    await picture("receipt")
    stages.reach("sent", note=f"reference {overheard.talk.reference}")
    shown = (await page.inner_text("body")).replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    if not overheard.talk.reference or overheard.talk.reference not in shown:
        raise JourneyFailed("The receipt in the browser does not show its reference.", remedy="See .logs/edge.log.")
