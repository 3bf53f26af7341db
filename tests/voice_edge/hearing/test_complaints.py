"""Complaints of users of comparable systems about hearing do not apply here."""

from __future__ import annotations

import threading
import wave
from pathlib import Path

import jiwer
import numpy as np
import pytest

from voice_edge.hearing.fair_queue import FairQueue, RecognitionRequest
from voice_edge.hearing.plausibility import words
from voice_edge.hearing.recogniser import Recogniser
from voice_edge.hearing.transcript import Transcript
from voice_edge.hearing.turn_taking import (
    SAMPLE_RATE,
    WINDOW_SAMPLES,
    Commit,
    Resumed,
    SoftEnd,
    SpeechWindow,
    TurnTaking,
)
from voice_edge.hearing.voice_activity import VoiceActivity
from voice_edge.hearing.weights import packaged_weights
from voice_edge.hearing.whisper import DecodedText
from voice_edge.hearing.word_error import word_errors

RECORDING = Path(__file__).parents[2] / "data" / "voices" / "espeak-en-cold-coffee.wav"
ENOUGH = 60.0
SAID = "the coffee was cold and the queue was very long at lunch today"
MOST_ERRORS_ADDED = 1
MOST_LETTERS_WRONG = 0.4
SECOND = np.zeros(SAMPLE_RATE, dtype=np.float32)


class Model:
    """Writes a text for each clip; `slow` clips wait until `go` is set."""

    def __init__(self, text: str = "The coffee was cold.") -> None:
        self.text = text
        self.go = threading.Event()
        self.served: list[float] = []

    def decode(self, audio, *, language, prompt="", abandoned=lambda: False) -> DecodedText:
        if audio[0] == 1.0:
            assert self.go.wait(ENOUGH)
        self.served.append(len(audio) / SAMPLE_RATE)
        return DecodedText(self.text, 0.9, 0.05, False, False, 0.01)


def started(model: Model, *, threads: int = 1) -> Recogniser:
    recogniser = Recogniser(
        weights={"en": Path("w"), "sv": Path("w")},
        qualified=frozenset({"en"}),
        threads=threads,
        load=lambda folder, workers: model,
    )
    recogniser.start()
    return recogniser


def feed(turns: TurnTaking, probabilities: list[float], *, start: int = 0) -> list[object]:
    events: list[object] = []
    for number, probability in enumerate(probabilities):
        events += turns.hear(SpeechWindow(start + number * WINDOW_SAMPLES, probability))
    return events


def recording() -> bytes:
    with wave.open(str(RECORDING)) as file:
        return file.readframes(file.getnframes())


def test_a_turn_ends_although_the_recogniser_never_responds() -> None:
    events = feed(TurnTaking(), [0.9] * 60 + [0.0] * 30)
    assert isinstance(events[-1], Commit)


def test_a_turn_without_words_is_reported_as_no_speech() -> None:
    recogniser = started(Model(text=""))
    heard = recogniser.recognise(SECOND, language="en", session_id="a").result(ENOUGH)
    recogniser.close()
    assert isinstance(heard, Transcript)
    assert (heard.no_speech, heard.text) == (True, "")


def test_speculative_work_is_identified_by_its_revision_and_counts_once() -> None:
    turns = TurnTaking()
    events = feed(turns, [0.9] * 30 + [0.0] * 10 + [0.9] * 30 + [0.0] * 10)
    early, late = [event for event in events if isinstance(event, SoftEnd)]
    (resumed,) = [event for event in events if isinstance(event, Resumed)]
    assert early.revision < resumed.revision == late.revision
    turns.transcript(early.revision, "och")  # late, for a revision that is void
    commits = [event for event in feed(turns, [0.0] * 20, start=80 * WINDOW_SAMPLES) if isinstance(event, Commit)]
    assert [commit.revision for commit in commits] == [late.revision]


def test_a_cough_does_not_interrupt_the_reply() -> None:
    turns = TurnTaking()
    (commit,) = [event for event in feed(turns, [0.9] * 30 + [0.0] * 30) if isinstance(event, Commit)]
    assert feed(turns, [0.9] * 6 + [0.0] * 60, start=commit.at) == []  # the microphone is ignored during the reply


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("text", ["Undertexter från Amara.org-gemenskapen", "Thanks for watching!", "Musik"])
def test_text_invented_over_silence_is_dropped(text: str, language: str) -> None:
    recogniser = started(Model(text=text))
    final = recogniser.recognise(SECOND, language=language, session_id="a").result(ENOUGH)
    caption = recogniser.recognise(SECOND, language=language, session_id="a", final=False).result(ENOUGH)
    recogniser.close()
    assert (final.text, caption.text) == ("", "")


def test_the_queue_does_not_grow_if_a_session_requests_too_fast() -> None:
    queue = FairQueue(clock=lambda: 0.0)
    for number in range(1000):
        for final in (True, False):
            audio = np.full(1, number, dtype=np.float32)
            queue.put(RecognitionRequest(audio, "en", f"session {number % 3}", final, "", 0.0))
    assert len(queue) == 3
    served = [queue.take() for _ in range(6)]
    assert sorted(float(work.audio[0]) for work in served if work) == [997, 997, 998, 998, 999, 999]


def test_a_second_customer_is_served_while_the_first_ones_recognition_hangs() -> None:
    model = Model()
    recogniser = started(model, threads=2)
    hangs = SECOND.copy()
    hangs[0] = 1.0
    first = recogniser.recognise(hangs, language="en", session_id="a")
    for number in range(5):
        assert recogniser.recognise(SECOND, language="en", session_id=f"b{number}").result(ENOUGH).text
    assert not first.done()
    model.go.set()
    assert first.result(ENOUGH).text
    recogniser.close()


def test_one_model_serves_all_customers() -> None:
    loads: list[Path] = []

    def load(folder: Path, workers: int) -> Model:
        loads.append(folder)
        return Model()

    weights = {"en": Path("w"), "sv": Path("w")}
    recogniser = Recogniser(weights=weights, qualified=frozenset(), threads=2, load=load)
    recogniser.start()
    asked = [
        recogniser.recognise(SECOND, language=language, session_id=f"{language}{number}")
        for number in range(6)
        for language in ("sv", "en")
    ]
    assert all(future.result(ENOUGH).text for future in asked)
    recogniser.close()
    assert loads == [Path("w")]


def test_a_turns_audio_has_the_first_word_if_the_customer_speaks_at_once() -> None:
    quiet = bytes(SAMPLE_RATE * 2)
    activity, turns = VoiceActivity(), TurnTaking()
    events = [event for window in activity.feed(recording() + quiet) for event in turns.hear(window)]
    (commit,) = [event for event in events if isinstance(event, Commit)]
    assert commit.audio_from == 0


def test_a_turns_audio_has_the_last_word_if_the_button_ends_it() -> None:
    activity, turns = VoiceActivity(), TurnTaking()
    pcm = recording()[: 3 * SAMPLE_RATE * 2]
    for window in activity.feed(pcm):
        turns.hear(window)
    (commit,) = [event for event in turns.stop(len(pcm) // 2) if isinstance(event, Commit)]
    assert commit.at == len(pcm) // 2


@pytest.mark.recogniser
def test_the_first_and_last_words_of_a_tightly_cut_recording_are_heard(tmp_path: Path) -> None:
    audio = np.frombuffer(recording(), dtype="<i2").astype(np.float32) / 32768
    loud = np.flatnonzero(np.abs(audio) > 0.02)
    recogniser = Recogniser(weights={"en": packaged_weights(tmp_path)}, qualified=frozenset({"en"}), threads=1)
    recogniser.start()
    whole = recogniser.recognise(audio, language="en", session_id="a").result(ENOUGH).text
    cut = recogniser.recognise(audio[loud[0] : loud[-1]], language="en", session_id="a").result(ENOUGH).text
    recogniser.close()
    # Processors round differently: "today" may be heard as "to may" or "to me", with and without the cut.
    errors_whole, errors_cut = (word_errors(SAID, text, language="en").errors for text in (whole, cut))
    assert errors_cut <= errors_whole + MOST_ERRORS_ADDED, (whole, cut)
    opening, ending = "".join(words(cut)[:2]), "".join(words(cut)[-3:])
    assert jiwer.cer("thecoffee", opening) <= MOST_LETTERS_WRONG, cut
    assert jiwer.cer("lunchtoday", ending) <= MOST_LETTERS_WRONG, cut
