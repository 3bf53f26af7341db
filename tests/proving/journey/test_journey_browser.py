from __future__ import annotations

import json
import sys
import wave

import numpy as np
import pytest

from proving.journey.browser import (
    QUIET_AFTER_SECONDS,
    QUIET_BEFORE_SECONDS,
    ProtocolRecorder,
    microphone_file,
    talk_in_browser,
)
from proving.journey.errors import JourneyFailed
from proving.journey.lines import LINES
from proving.journey.speech import SAMPLE_RATE
from proving.journey.stages import Stages


def test_the_microphone_hears_every_line_and_is_quiet_while_it_is_answered(tmp_path) -> None:
    with wave.open(str(microphone_file(tmp_path / "guest.wav", language="sv"))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (SAMPLE_RATE, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(int)
    seconds = np.abs(samples[: len(samples) // SAMPLE_RATE * SAMPLE_RATE]).reshape(-1, SAMPLE_RATE).max(axis=1) > 500
    starts = np.flatnonzero(np.diff(seconds.astype(int)) == 1)
    assert len(starts) == len(LINES["sv"])
    assert not np.abs(samples[: int(QUIET_BEFORE_SECONDS * SAMPLE_RATE)]).any()
    assert not np.abs(samples[-int(QUIET_AFTER_SECONDS * SAMPLE_RATE) :]).any()


def test_a_talk_is_read_from_what_passes_between_page_and_edge() -> None:
    overheard = ProtocolRecorder(Stages())

    def received(kind: str, **fields: object) -> None:
        overheard.take(json.dumps({"type": kind, **fields}), overheard.received)

    received("welcome", session_id="s1", voice={"qualified": True})
    received("heard", turn=1, text="x", mode="voice", low_confidence=True)
    received(
        "reply", turn=1, text="Again?", final=True, author="scripted", purpose="ask_again", speech_end_page_ms=1000
    )
    overheard.take(json.dumps({"type": "shown", "turn": 1, "at_ms": 1900.0}), overheard.sent)
    received("heard", turn=2, text="y", mode="voice", low_confidence=False)
    received("reply", turn=2, text="Thanks", final=True, author="scripted", purpose="thanks", speech_end_page_ms=None)
    received("completed", receipt="/r/x", reference="ABC")
    overheard.take(b"audio", overheard.sent)
    first, second = overheard.turns()
    assert (first.low_confidence, first.purpose, first.response_ms) == (True, "ask_again", 900.0)
    assert (second.low_confidence, second.purpose, second.response_ms) == (False, "thanks", None)
    talk = overheard.talk
    assert (talk.session_id, talk.receipt, talk.reference, talk.asked_again) == ("s1", "/r/x", "ABC", 1)


async def test_without_playwright_the_journey_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    with pytest.raises(JourneyFailed, match="Playwright is not installed"):
        await talk_in_browser("http://127.0.0.1:1/c/X?simulated=1", language="en", stages=Stages())


async def test_without_a_browser_the_journey_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("playwright")
    monkeypatch.setattr("proving.journey.browser.shutil.which", lambda name: None)
    with pytest.raises(JourneyFailed, match="no Chromium"):
        await talk_in_browser("http://127.0.0.1:1/c/X?simulated=1", language="en", stages=Stages())
