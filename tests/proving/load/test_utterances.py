from __future__ import annotations

import numpy as np
import pytest

from proving.load.errors import LoadRefused
from proving.load.sources import MARGIN_SAMPLES, Part, human_parts, packaged_parts, trim
from proving.load.utterances import (
    JOIN_SECONDS,
    LONGEST_SECONDS,
    PAUSES_A_SECOND,
    SHORTEST_SECONDS,
    compose,
    read_folder,
    write_folder,
)
from proving.load.voiced import SAMPLE_RATE, WINDOW_SAMPLES, longest_pause_seconds, voiced_span


def tone(seconds: float, *, amplitude: int = 8000) -> np.ndarray:
    return (amplitude * np.sin(np.arange(int(seconds * SAMPLE_RATE)) * 0.3)).astype(np.int16)


def noise(seconds: float, *, amplitude: int = 8) -> np.ndarray:
    chance = np.random.default_rng(1)
    return chance.integers(-amplitude, amplitude + 1, int(seconds * SAMPLE_RATE)).astype(np.int16)


def test_the_voice_is_found_between_silences_and_between_noises() -> None:
    for around in (np.zeros(SAMPLE_RATE, dtype=np.int16), noise(1.0)):
        recording = np.concatenate([around, tone(1.0), around])
        first, last = voiced_span(recording)
        assert abs(first - SAMPLE_RATE) <= WINDOW_SAMPLES
        assert abs(last + 1 - 2 * SAMPLE_RATE) <= WINDOW_SAMPLES


def test_a_soft_ending_belongs_to_the_voice() -> None:
    recording = np.concatenate([noise(0.5), tone(1.0), tone(0.3, amplitude=300), noise(0.5)])
    assert abs(voiced_span(recording)[1] + 1 - int(1.8 * SAMPLE_RATE)) <= WINDOW_SAMPLES


def test_silence_holds_no_voice() -> None:
    assert voiced_span(np.zeros(SAMPLE_RATE, dtype=np.int16)) == (0, 0)
    assert voiced_span(np.zeros(10, dtype=np.int16)) == (0, 0)


def test_a_pause_between_two_words_is_measured() -> None:
    recording = np.concatenate([tone(0.5), np.zeros(int(0.4 * SAMPLE_RATE), dtype=np.int16), tone(0.5)])
    assert longest_pause_seconds(recording) == pytest.approx(0.4, abs=0.02)
    assert longest_pause_seconds(tone(0.5)) == 0.0


def parts(*seconds: float) -> list[Part]:
    return [
        trim(f"part{number}", text=f"words of part {number}", samples=tone(each)) for number, each in enumerate(seconds)
    ]


def test_utterances_have_the_length_the_pauses_and_the_end_that_the_plan_says() -> None:
    made = compose(parts(1.5, 2.0, 2.5, 3.0), count=30, seed=7)
    for utterance in made:
        samples = utterance.speech.samples
        assert SHORTEST_SECONDS <= len(samples) / SAMPLE_RATE <= LONGEST_SECONDS
        assert abs(utterance.speech.last_voiced - voiced_span(samples)[1]) < WINDOW_SAMPLES
        joined = utterance.name.split("+")
        spoken = sum(1.5 + 0.5 * int(name.removeprefix("part")) for name in joined)
        assert utterance.pauses == min(len(joined) - 1, round(spoken * PAUSES_A_SECOND))
        assert (
            len(samples) / SAMPLE_RATE
            >= spoken + utterance.pauses * 0.2 + (len(joined) - 1 - utterance.pauses) * JOIN_SECONDS - 0.01
        )
        assert (
            utterance.text.split() == " ".join(f"words of part {name.removeprefix('part')}" for name in joined).split()
        )


def test_the_same_seed_makes_the_same_utterances() -> None:
    names = [[each.name for each in compose(parts(2.0, 3.0, 2.5), count=9, seed=seed)] for seed in (3, 3, 4)]
    assert names[0] == names[1] != names[2]


def test_speech_that_cannot_be_joined_to_an_utterance_is_refused() -> None:
    with pytest.raises(LoadRefused, match="too little recorded speech"):
        compose(parts(30.0), count=1, seed=1)
    with pytest.raises(LoadRefused):
        compose([], count=1, seed=1)


def test_a_folder_is_read_as_it_was_written(tmp_path) -> None:
    made = compose(packaged_parts("en"), count=3, seed=1)
    write_folder(made, tmp_path)
    read = read_folder(tmp_path)
    assert [each.text for each in read] == [each.text for each in made]
    for before, after in zip(made, read, strict=True):
        assert np.array_equal(before.speech.samples, after.speech.samples)
        # The whole is louder or softer than its last part: the end may move by a window or two, not by a syllable.
        assert abs(before.speech.last_voiced - after.speech.last_voiced) <= 3 * WINDOW_SAMPLES


def test_a_recording_without_its_words_is_refused_by_name(tmp_path) -> None:
    write_folder(compose(packaged_parts("sv"), count=1, seed=1), tmp_path)
    (tmp_path / "001.txt").unlink()
    with pytest.raises(LoadRefused, match=r"001\.wav has no 001\.txt"):
        read_folder(tmp_path)
    with pytest.raises(LoadRefused, match="no WAV file"):
        read_folder(tmp_path / "nowhere")


def test_a_part_is_trimmed_to_its_voice_and_knows_its_end() -> None:
    part = trim("x", text="x", samples=np.concatenate([noise(1.0), tone(1.0), noise(1.0)]))
    assert part.seconds == pytest.approx(1.0 + 2 * MARGIN_SAMPLES / SAMPLE_RATE, abs=0.03)
    assert len(part.samples) - 1 - part.last_voiced == MARGIN_SAMPLES


def test_human_prompts_where_installed_are_sentences_of_one_voice() -> None:
    found = human_parts()
    assert all(len(part.text.split()) >= 3 and 1.2 <= part.seconds <= 4.0 for part in found)
