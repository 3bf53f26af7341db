"""Noise of a café is never scored, with the real recogniser."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from voice_edge.hearing.recogniser import Recogniser
from voice_edge.hearing.turn_taking import Commit, TurnTaking
from voice_edge.hearing.voice_activity import VoiceActivity
from voice_edge.hearing.weights import packaged_weights

ENOUGH = 120.0
SECONDS = 5.0


def _sounds() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cafe_noises", Path(__file__).with_name("noises.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SOUNDS = _sounds()


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recogniser]:
    folder = packaged_weights(tmp_path_factory.mktemp("weights"))
    # Both qualified: the lower threshold of confidence, so the guards must do more.
    recogniser = Recogniser(weights={"en": folder, "sv": folder}, qualified=frozenset({"en", "sv"}), threads=1)
    recogniser.start()
    yield recogniser
    recogniser.close()


@pytest.mark.recogniser
@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("name", list(SOUNDS.NOISES))
def test_noise_is_never_scored(recogniser: Recogniser, name: str, language: str) -> None:
    heard = recogniser.recognise(SOUNDS.NOISES[name](SECONDS), language=language, session_id=name).result(ENOUGH)
    assert heard.no_speech or heard.low_confidence, heard.text


@pytest.mark.recogniser
@pytest.mark.skipif(not SOUNDS.has_voices(), reason="espeak-ng is not installed")
@pytest.mark.parametrize("language", ["sv", "en"])
def test_voices_of_other_tables_are_never_scored(recogniser: Recogniser, language: str, tmp_path: Path) -> None:
    babble = SOUNDS.babble(SECONDS, tmp_path, language=language)
    heard = recogniser.recognise(babble, language=language, session_id="babble").result(ENOUGH)
    assert heard.no_speech or heard.low_confidence, heard.text


@pytest.mark.parametrize("name", list(SOUNDS.NOISES))
def test_noise_starts_no_turn(name: str) -> None:
    pcm = (np.clip(SOUNDS.NOISES[name](SECONDS), -1, 1) * 32767).astype("<i2").tobytes()
    turns = TurnTaking()
    assert [event for window in VoiceActivity().feed(pcm) for event in turns.hear(window)] == []


def test_a_turn_ends_although_a_radio_plays_on() -> None:
    folder = Path(__file__).parents[2] / "data" / "voices"
    from faster_whisper.audio import decode_audio

    said = decode_audio(str(folder / "espeak-en-cold-coffee.wav"), sampling_rate=16_000)
    radio = np.resize(decode_audio(str(folder / "espeak-en-long.ogg"), sampling_rate=16_000), 20 * 16_000)
    quiet = 10 ** (-24 / 20) * np.sqrt(np.mean(said**2) / np.mean(radio**2))
    room = (quiet * radio).astype(np.float32)
    room[: len(said)] += said
    turns = TurnTaking()
    pcm = (np.clip(room, -1, 1) * 32767).astype("<i2").tobytes()
    commits = [
        event for window in VoiceActivity().feed(pcm) for event in turns.hear(window) if isinstance(event, Commit)
    ]
    assert len(commits) == 1
    assert not commits[0].capped
    assert commits[0].at - len(said) < 2 * 16_000
