"""The recogniser around its model: one worker, honest results, no clip that stops the next one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from voice_edge.hearing.errors import RecogniserBusy, RecogniserClosed, RecognitionFailed, WeightsDamaged
from voice_edge.hearing.fair_queue import MOST_FINALS_WAITING
from voice_edge.hearing.recogniser import Recogniser
from voice_edge.hearing.whisper import Decoded

AUDIO = np.zeros(16_000, dtype=np.float32)
ENOUGH = 10.0


class FakeModel:
    """Writes what the test puts in; while `gate` is shut it takes its time."""

    def __init__(self) -> None:
        self.text, self.confidence, self.no_speech, self.runaway = "The coffee was cold.", 0.9, 0.05, False
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Semaphore(0)
        self.threads: set[str] = set()
        self.prompts: list[str] = []

    def decode(self, audio: np.ndarray, *, language: str, prompt: str = "") -> Decoded:
        self.threads.add(threading.current_thread().name)
        self.prompts.append(prompt)
        self.began.release()
        assert self.gate.wait(ENOUGH)
        if self.error is not None:
            raise self.error
        return Decoded(self.text, self.confidence, self.no_speech, False, self.runaway, 0.3)


@contextmanager
def running(model: FakeModel, *, qualified: frozenset[str] = frozenset({"en"})) -> Iterator[Recogniser]:
    folder = Path("weights")
    recogniser = Recogniser(
        weights={"en": folder, "sv": folder}, qualified=qualified, threads=2, load=lambda folder, threads: model
    )
    recogniser.start()
    try:
        yield recogniser
    finally:
        model.gate.set()
        recogniser.close()


def test_words_come_back_from_the_workers_thread() -> None:
    model = FakeModel()
    with running(model) as recogniser:
        heard = recogniser.recognise(AUDIO, language="en", session_id="a", prompt="Café Aurora").result(ENOUGH)
    assert (heard.text, heard.low_confidence, heard.no_speech, heard.language) == (model.text, False, False, "en")
    assert model.threads == {"recogniser"}
    assert model.prompts == ["Café Aurora"]


def test_the_same_confidence_is_enough_only_where_the_language_is_qualified() -> None:
    model = FakeModel()
    model.confidence = 0.7
    with running(model) as recogniser:
        assert recogniser.qualified("en")
        assert not recogniser.qualified("sv")
        assert not recogniser.recognise(AUDIO, language="en", session_id="a").result(ENOUGH).low_confidence
        assert recogniser.recognise(AUDIO, language="sv", session_id="a").result(ENOUGH).low_confidence


def test_what_was_written_over_silence_is_no_speech_and_no_text() -> None:
    model = FakeModel()
    model.text = "Undertexter från Amara.org-gemenskapen"
    with running(model) as recogniser:
        heard = recogniser.recognise(AUDIO, language="sv", session_id="a").result(ENOUGH)
    assert heard.no_speech
    assert heard.text == ""


def test_a_text_that_still_ran_away_is_never_scored() -> None:
    model = FakeModel()
    model.runaway = True
    with running(model) as recogniser:
        assert recogniser.recognise(AUDIO, language="en", session_id="a").result(ENOUGH).low_confidence


def test_a_clip_that_breaks_the_model_does_not_stop_the_next_one() -> None:
    model = FakeModel()
    model.error = RuntimeError("the words of a guest")
    with running(model) as recogniser:
        with pytest.raises(RecognitionFailed) as failed:
            recogniser.recognise(AUDIO, language="en", session_id="a").result(ENOUGH)
        assert "guest" not in str(failed.value)
        assert failed.value.retryable
        model.error = None
        assert recogniser.recognise(AUDIO, language="en", session_id="a").result(ENOUGH).text == model.text


def test_a_full_queue_refuses_and_recovers() -> None:
    model = FakeModel()
    model.gate.clear()
    with running(model) as recogniser:
        first = recogniser.recognise(AUDIO, language="en", session_id="running")
        assert model.began.acquire(timeout=ENOUGH)
        waiting = [
            recogniser.recognise(AUDIO, language="en", session_id=str(number)) for number in range(MOST_FINALS_WAITING)
        ]
        assert recogniser.queue_depth == MOST_FINALS_WAITING
        with pytest.raises(RecogniserBusy):
            recogniser.recognise(AUDIO, language="en", session_id="one too many")
        model.gate.set()
        assert all(future.result(ENOUGH).text for future in [first, *waiting])
        assert recogniser.queue_depth == 0


def test_a_session_that_ended_is_not_recognised() -> None:
    model = FakeModel()
    model.gate.clear()
    with running(model) as recogniser:
        recogniser.recognise(AUDIO, language="en", session_id="running")
        assert model.began.acquire(timeout=ENOUGH)
        waiting = recogniser.recognise(AUDIO, language="en", session_id="gone")
        recogniser.forget("gone")
        with pytest.raises(CancelledError):
            waiting.result(ENOUGH)


def test_closing_cancels_what_waits_and_refuses_what_comes() -> None:
    model = FakeModel()
    with running(model) as recogniser:
        recogniser.close()
        with pytest.raises(RecogniserClosed):
            recogniser.recognise(AUDIO, language="en", session_id="a")


def test_it_must_be_started_and_know_the_language() -> None:
    recogniser = Recogniser(weights={"en": Path("w")}, qualified=frozenset(), threads=1)
    with pytest.raises(RecogniserClosed):
        recogniser.recognise(AUDIO, language="en", session_id="a")
    with running(FakeModel()) as started, pytest.raises(RecogniserClosed):
        started.recognise(AUDIO, language="de", session_id="a")


def test_weights_that_cannot_be_loaded_say_so_at_warming(tmp_path: Path) -> None:
    recogniser = Recogniser(weights={"en": tmp_path}, qualified=frozenset(), threads=1)
    recogniser.start()
    with pytest.raises(WeightsDamaged, match=r"voice_edge\.hearing\.weights"):
        recogniser.warm()
    recogniser.close()
