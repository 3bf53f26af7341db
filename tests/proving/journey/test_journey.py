from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from operations.seeding import seed
from pilot.settings import read_settings
from proving.journey import frames, lines
from proving.journey.arrival import CompletionFigures, ScoredRow, completion_figures
from proving.journey.errors import JourneyFailed
from proving.journey.lines import LINES, line
from proving.journey.microphone import ROOM_AMPLITUDE, Microphone
from proving.journey.speech import SAMPLE_RATE, as_speech, speech
from proving.journey.talk import TalkResult, TurnResult
from proving.journey.travel import judge
from storage.home import open_home
from tests.edge_process import CHECKOUT
from voice_edge import protocol


def test_the_edge_reads_a_frame_as_it_was_written() -> None:
    pcm = np.arange(640, dtype="<i2").tobytes()
    read = protocol.decode_frame(frames.frame(number=7, captured_ms=123.5, pcm=pcm))
    assert (read.number, read.captured_ms, read.pcm) == (7, 123.5, pcm)


@pytest.mark.parametrize("language", list(LINES))
def test_every_line_has_a_clip_that_ends_with_its_voice(language) -> None:
    for number in range(len(LINES[language])):
        clip = speech(line(language, number))
        assert 2.0 < clip.seconds < 6.0
        assert 0 <= len(clip.samples) - clip.last_voiced < SAMPLE_RATE // 20
    assert line(language, 99) == line(language, len(LINES[language]) - 1)


class VirtualTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.ms = 1000.0

    def now_ms(self) -> float:
        return self.ms


async def test_the_last_voiced_sample_is_timed_on_the_clients_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    time, sent = VirtualTime(), []
    really_sleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        time.ms += seconds * 1000
        await really_sleep(0)

    async def send(body: bytes) -> None:
        sent.append((time.ms, protocol.decode_frame(body)))

    monkeypatch.setattr("proving.journey.microphone.asyncio.sleep", sleep)
    samples = np.zeros(2000, dtype=np.int16)
    samples[:1500] = 8000
    microphone = Microphone(send, now_ms=time.now_ms)
    opened = asyncio.create_task(microphone.stay_open())
    while len(sent) < 3:
        await really_sleep(0)
    ended = await microphone.say(as_speech(samples))
    opened.cancel()
    heard = np.concatenate([np.frombuffer(frame.pcm, dtype="<i2") for _, frame in sent])
    last = int(np.flatnonzero(np.abs(heard.astype(int)) > 1000)[-1])
    assert ended == pytest.approx(1000.0 + (last + 1) * 1000 / SAMPLE_RATE)
    assert all(at == pytest.approx(frame.captured_ms + 40) for at, frame in sent), "no frame is sent before it is over"
    assert np.abs(heard[: 640 * 2]).max() <= ROOM_AMPLITUDE


def talk(*turns: TurnResult) -> TalkResult:
    return TalkResult(turns=list(turns))


def scored(*, counting: int, left_out: int) -> ScoredRow:
    return ScoredRow(score=70, eligible=True, turns_scored=counting, turns_left_out=left_out, words=20)


def test_what_was_not_understood_must_be_left_out() -> None:
    said = talk(
        TurnResult(turn=1, mode="voice", low_confidence=True, purpose="ask_again"),
        TurnResult(turn=2, mode="text", purpose="follow_up"),
    )
    judge(said, scored(counting=1, left_out=1))
    with pytest.raises(JourneyFailed, match="1 turns were understood and 1 were too unsure, but 2 were scored"):
        judge(said, scored(counting=2, left_out=0))


def test_a_session_without_anything_understood_is_no_journey() -> None:
    said = talk(TurnResult(turn=1, mode="voice", low_confidence=True, purpose="ask_again"))
    with pytest.raises(JourneyFailed, match="Nothing that was said counts"):
        judge(said, scored(counting=0, left_out=1))


def test_silence_is_neither_understood_nor_unsure() -> None:
    judge(
        talk(TurnResult(turn=1, mode="voice", purpose="no_speech"), TurnResult(turn=2, mode="voice", purpose="thanks")),
        scored(counting=1, left_out=0),
    )


def test_an_empty_lake_counts_nothing(tmp_path: Path) -> None:
    settings = read_settings({"PILOT_HOME": str(tmp_path), "PILOT_CAFES_FILE": str(CHECKOUT / "cafes.toml")})
    home = open_home(settings)
    seed(home)
    assert completion_figures(home.lake(), cafe="aurora", day=date(2026, 11, 23)) == CompletionFigures(0, 0)


def test_lines_hold_the_same_number_of_answers_in_both_languages() -> None:
    assert len({len(texts) for texts in lines.LINES.values()}) == 1
