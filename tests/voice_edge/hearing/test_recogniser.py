"""The recogniser with a fake model: its results, and no clip stops the next one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from voice_edge.hearing.errors import (
    RecogniserBusy,
    RecogniserClosed,
    RecognitionAbandoned,
    RecognitionFailed,
    WeightsDamaged,
)
from voice_edge.hearing.fair_queue import MOST_FINALS_WAITING
from voice_edge.hearing.recogniser import Recogniser
from voice_edge.hearing.whisper import DecodedText

AUDIO = np.zeros(16_000, dtype=np.float32)
ENOUGH = 10.0


class FakeModel:
    """Writes the test's text; blocks while `gate` is closed."""

    def __init__(self) -> None:
        self.text, self.confidence, self.no_speech, self.runaway = "The coffee was cold.", 0.9, 0.05, False
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Semaphore(0)
        self.threads: set[str] = set()
        self.prompts: list[str] = []

    def decode(self, audio: np.ndarray, *, language: str, prompt: str = "", abandoned=lambda: False) -> DecodedText:
        self.threads.add(threading.current_thread().name)
        self.prompts.append(prompt)
        self.began.release()
        assert self.gate.wait(ENOUGH)
        if abandoned():
            raise RecognitionAbandoned
        if self.error is not None:
            raise self.error
        return DecodedText(self.text, self.confidence, self.no_speech, False, self.runaway, 0.3)


@contextmanager
def running(
    model: FakeModel, *, qualified: frozenset[str] = frozenset({"en"}), threads: int = 1
) -> Iterator[Recogniser]:
    folder = Path("weights")
    recogniser = Recogniser(
        weights={"en": folder, "sv": folder}, qualified=qualified, threads=threads, load=lambda folder, workers: model
    )
    recogniser.start()
    try:
        yield recogniser
    finally:
        model.gate.set()
        recogniser.close()


def test_a_worker_returns_the_words() -> None:
    model = FakeModel()
    with running(model) as recogniser:
        heard = recogniser.recognise(AUDIO, language="en", session_id="a", prompt="Café Aurora").result(ENOUGH)
    assert (heard.text, heard.low_confidence, heard.no_speech, heard.language) == (model.text, False, False, "en")
    assert model.threads == {"recogniser 0"}
    assert model.prompts == ["Café Aurora"]


def test_an_unqualified_language_needs_a_higher_confidence() -> None:
    model = FakeModel()
    model.confidence = 0.7
    with running(model) as recogniser:
        assert recogniser.qualified("en")
        assert not recogniser.qualified("sv")
        assert not recogniser.recognise(AUDIO, language="en", session_id="a").result(ENOUGH).low_confidence
        assert recogniser.recognise(AUDIO, language="sv", session_id="a").result(ENOUGH).low_confidence


def test_text_invented_over_silence_is_no_speech_and_removed() -> None:
    model = FakeModel()
    model.text = "Undertexter från Amara.org-gemenskapen"
    with running(model) as recogniser:
        heard = recogniser.recognise(AUDIO, language="sv", session_id="a").result(ENOUGH)
    assert heard.no_speech
    assert heard.text == ""


def test_sounds_that_the_model_notes_are_not_in_the_words() -> None:
    model = FakeModel()
    model.text = "Kaffet var [musik] gott *harklar sig* men kallt (skratt)."
    with running(model) as recogniser:
        heard = recogniser.recognise(AUDIO, language="sv", session_id="a").result(ENOUGH)
        assert heard.text == "Kaffet var gott men kallt."
        model.text = "*clears throat* (laughs)"
        assert recogniser.recognise(AUDIO, language="sv", session_id="a").result(ENOUGH).no_speech


def test_a_runaway_text_is_never_scored() -> None:
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


def test_an_ended_session_is_not_recognised() -> None:
    model = FakeModel()
    model.gate.clear()
    with running(model) as recogniser:
        recogniser.recognise(AUDIO, language="en", session_id="running")
        assert model.began.acquire(timeout=ENOUGH)
        waiting = recogniser.recognise(AUDIO, language="en", session_id="gone")
        recogniser.forget("gone")
        with pytest.raises(CancelledError):
            waiting.result(ENOUGH)


def test_closing_cancels_waiting_requests_and_refuses_new_ones() -> None:
    model = FakeModel()
    with running(model) as recogniser:
        recogniser.close()
        with pytest.raises(RecogniserClosed):
            recogniser.recognise(AUDIO, language="en", session_id="a")


def test_recognition_needs_a_start_and_weights_for_the_language() -> None:
    recogniser = Recogniser(weights={"en": Path("w")}, qualified=frozenset(), threads=1)
    with pytest.raises(RecogniserClosed):
        recogniser.recognise(AUDIO, language="en", session_id="a")
    with running(FakeModel()) as started, pytest.raises(RecogniserClosed):
        started.recognise(AUDIO, language="de", session_id="a")


def test_warming_reports_weights_that_cannot_be_loaded(tmp_path: Path) -> None:
    recogniser = Recogniser(weights={"en": tmp_path}, qualified=frozenset(), threads=1)
    recogniser.start()
    with pytest.raises(WeightsDamaged, match="pilot models status"):
        recogniser.warm()
    recogniser.close()


def test_sessions_are_recognised_in_parallel_on_several_cores() -> None:
    model = FakeModel()
    model.gate.clear()
    with running(model, threads=2) as recogniser:
        both = [recogniser.recognise(AUDIO, language="en", session_id=session) for session in "ab"]
        for _ in both:
            assert model.began.acquire(timeout=ENOUGH)
        assert recogniser.figures().running == 2
        model.gate.set()
        assert all(future.result(ENOUGH).text for future in both)
    assert model.threads == {"recogniser 0", "recogniser 1"}


def test_a_monologue_does_not_delay_a_brief_turn() -> None:
    model = FakeModel()
    model.gate.clear()
    monologues = np.zeros(45 * 16_000, dtype=np.float32)
    with running(model, threads=2) as recogniser:
        for session in "ab":
            recogniser.recognise(monologues, language="en", session_id=session)
        assert model.began.acquire(timeout=ENOUGH)
        recogniser.recognise(AUDIO, language="en", session_id="brief")
        assert model.began.acquire(timeout=ENOUGH)
        figures = recogniser.figures()
        assert (figures.running, figures.queue_depth) == (2, 1)  # the second monologue waits, the brief turn runs


def test_a_running_recognition_is_abandoned_if_the_customer_resumes() -> None:
    model = FakeModel()
    model.gate.clear()
    with running(model) as recogniser:
        early = recogniser.recognise(AUDIO, language="en", session_id="a")
        assert model.began.acquire(timeout=ENOUGH)
        early.cancel()
        model.gate.set()
        with pytest.raises(RecognitionAbandoned):
            early.result(ENOUGH)
        assert recogniser.recognise(AUDIO, language="en", session_id="a").result(ENOUGH).text
        assert recogniser.figures().abandoned == 1


def test_an_ended_session_frees_the_worker_for_the_next() -> None:
    model = FakeModel()
    model.gate.clear()
    with running(model) as recogniser:
        gone = recogniser.recognise(AUDIO, language="en", session_id="gone")
        assert model.began.acquire(timeout=ENOUGH)
        recogniser.forget("gone")
        model.gate.set()
        with pytest.raises(RecognitionAbandoned):
            gone.result(ENOUGH)
        assert recogniser.recognise(AUDIO, language="en", session_id="next").result(ENOUGH).text


def test_a_base_exception_does_not_stop_the_worker() -> None:
    model = FakeModel()
    with running(model) as recogniser:
        model.error = SystemExit("native code gave up")  # type: ignore[assignment]
        with pytest.raises(RecognitionFailed):
            recogniser.recognise(AUDIO, language="en", session_id="a").result(ENOUGH)
        model.error = None
        assert recogniser.recognise(AUDIO, language="en", session_id="a").result(ENOUGH).text
        assert recogniser.figures().failed == 1


def test_the_figures_count_the_work_done() -> None:
    model = FakeModel()
    with running(model) as recogniser:
        recogniser.recognise(AUDIO, language="en", session_id="a").result(ENOUGH)
        model.text = "Thanks for watching!"
        recogniser.recognise(AUDIO, language="en", session_id="b").result(ENOUGH)
        recogniser.recognise(AUDIO, language="en", session_id="b", final=False).result(ENOUGH)
        figures = recogniser.figures()
    assert (figures.finals, figures.partials, figures.invented, figures.failed) == (2, 1, 2, 0)
    assert (figures.queue_depth, figures.oldest_wait_s) == (0, 0.0)
    assert figures.workers == 1


def test_admission_depends_on_the_cost_of_recognitions() -> None:
    with running(FakeModel()) as recogniser:
        recogniser.recognise(AUDIO, language="en", session_id="a").result(ENOUGH)
        most = recogniser.figures().most_voice_sessions
        assert recogniser.admission(voice_sessions=0).accepted
        full = recogniser.admission(voice_sessions=most)
        assert (full.accepted, full.reason) == (False, "full")
        assert full.retry_after_s >= 1.0
        recogniser.close()
        assert recogniser.admission(voice_sessions=0).reason == "closed"


def test_warming_up_changes_no_measurement() -> None:
    with running(FakeModel()) as recogniser:
        before = recogniser.figures()
        recogniser.warm()
        assert recogniser.figures() == before
