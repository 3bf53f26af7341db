"""The real models on a real recording (espeak-ng, English, tests/data/voices)."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import jiwer
import numpy as np
import pytest
from faster_whisper.audio import decode_audio
from faster_whisper.vad import get_vad_model

from voice_edge.hearing.plausibility import words
from voice_edge.hearing.recogniser import Recogniser
from voice_edge.hearing.turn_taking import SAMPLE_RATE, WINDOW_SAMPLES, Commit, SoftEnd, TurnTaking
from voice_edge.hearing.voice_activity import VoiceActivity
from voice_edge.hearing.weights import packaged_weights
from voice_edge.hearing.word_error import word_error_rate, word_errors

VOICES = Path(__file__).parents[2] / "data" / "voices"
RECORDING = VOICES / "espeak-en-cold-coffee.wav"
OPENING, ENDING = "i came in at eight o'clock with two friends", "bring my grandmother on a sunday"
SAID = "the coffee was cold and the queue was very long at lunch today"
ENOUGH = 120.0
MOST_WORD_ERROR = 0.25  # Processors round differently, and a recogniser near a choice of words then chooses another.


def recording() -> bytes:
    with wave.open(str(RECORDING)) as file:
        assert (file.getframerate(), file.getnchannels()) == (SAMPLE_RATE, 1)
        return file.readframes(file.getnframes())


def samples_of(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768


@pytest.mark.parametrize("frame", [2, 640, 1024, 1280, 3001, 20_000])
def test_frames_of_any_size_give_the_same_windows(frame: int) -> None:
    pcm = recording()[: 60 * WINDOW_SAMPLES * 2]
    activity = VoiceActivity()
    windows = [window for at in range(0, len(pcm), frame) for window in activity.feed(pcm[at : at + frame])]
    assert [window.start for window in windows] == [number * WINDOW_SAMPLES for number in range(60)]
    whole = np.asarray(get_vad_model()(samples_of(pcm))).reshape(-1)
    assert np.allclose([window.probability for window in windows], whole, atol=1e-3)


def test_a_reset_clears_the_state_and_may_skip_audio() -> None:
    pcm = recording()[: 20 * WINDOW_SAMPLES * 2]
    activity = VoiceActivity()
    first = activity.feed(pcm)
    activity.reset(at=100_000)
    second = activity.feed(pcm)
    assert [window.probability for window in second] == [window.probability for window in first]
    assert second[0].start == 100_000


def test_a_sentence_in_silence_is_one_turn_with_its_edges() -> None:
    quiet = bytes(SAMPLE_RATE * 2)
    activity, turns = VoiceActivity(), TurnTaking()
    events = [event for window in activity.feed(quiet + recording() + quiet) for event in turns.hear(window)]
    (commit,) = [event for event in events if isinstance(event, Commit)]
    assert [event.revision for event in events if isinstance(event, SoftEnd)][-1] == commit.revision
    assert commit.audio_from <= SAMPLE_RATE
    assert abs(commit.speech_end - SAMPLE_RATE - len(recording()) // 2) < SAMPLE_RATE // 2


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recogniser]:
    folder = packaged_weights(tmp_path_factory.mktemp("weights"))
    recogniser = Recogniser(weights={"en": folder, "sv": folder}, qualified=frozenset({"en"}), threads=2)
    recogniser.start()
    recogniser.warm()
    yield recogniser
    recogniser.close()


@pytest.mark.recogniser
def test_an_english_sentence_is_heard_nearly_word_for_word(recogniser: Recogniser) -> None:
    heard = recogniser.recognise(samples_of(recording()), language="en", session_id="a").result(ENOUGH)
    assert word_error_rate([word_errors(SAID, heard.text, language="en")]) <= MOST_WORD_ERROR, heard.text
    assert not heard.no_speech
    assert not heard.low_confidence


@pytest.mark.recogniser
@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("loudness", [0.0, 0.002, 0.02, 0.1])
def test_nothing_is_heard_in_silence_and_noise(recogniser: Recogniser, language: str, loudness: float) -> None:
    noise = np.random.default_rng(7).normal(0, loudness, 3 * SAMPLE_RATE).astype(np.float32)
    heard = recogniser.recognise(noise, language=language, session_id="a").result(ENOUGH)
    assert heard.no_speech or heard.low_confidence
    assert heard.no_speech or loudness > 0.0


@pytest.mark.recogniser
def test_a_turn_longer_than_the_models_window_is_heard_from_end_to_end(recogniser: Recogniser) -> None:
    audio = decode_audio(str(VOICES / "espeak-en-long.ogg"), sampling_rate=SAMPLE_RATE)
    assert len(audio) > 30 * SAMPLE_RATE
    heard = recogniser.recognise(audio, language="en", session_id="a").result(ENOUGH)
    said = " ".join(words(heard.text))
    assert jiwer.wer(OPENING, said[: len(OPENING)]) <= 0.5, heard.text
    assert jiwer.cer(ENDING, said[-len(ENDING) :]) <= 0.5, heard.text
    assert 100 < len(said.split()) < 150


@pytest.mark.recogniser
def test_swedish_on_the_packaged_weights_is_unqualified(recogniser: Recogniser) -> None:
    assert not recogniser.qualified("sv")
