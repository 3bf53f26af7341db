"""The audio timeline maps samples to both clocks, however long the microphone is open."""

from __future__ import annotations

import numpy as np
import pytest

from voice_edge.conversation.audio_timeline import KEPT_SAMPLES, AudioTimeline


def frame(value: int) -> bytes:
    return np.full(640, value, dtype="<i2").tobytes()


def test_a_sample_has_its_capture_time_and_its_frames_arrival():
    timeline = AudioTimeline()
    timeline.add(frame(1), arrived=10.0, captured_ms=500.0)
    timeline.add(frame(2), arrived=10.2, captured_ms=540.0)
    assert timeline.captured_ms(0) == 500.0
    assert timeline.captured_ms(640 + 320) == 560.0
    assert timeline.arrived(639) == 10.0
    assert timeline.arrived(640) == 10.2


def test_audio_is_returned_between_two_positions():
    timeline = AudioTimeline()
    for value in (1, 2, 3):
        timeline.add(frame(value * 1000), arrived=0.0, captured_ms=0.0)
    cut = timeline.audio(600, 1300)
    assert len(cut) == 700
    assert cut[0] == pytest.approx(1000 / 32768)
    assert cut[-1] == pytest.approx(3000 / 32768)
    assert len(timeline.audio(0, 10_000_000)) == timeline.end == 1920


def test_an_hour_of_audio_does_not_grow_the_memory():
    timeline = AudioTimeline()
    for number in range(3600 * 25):
        timeline.add(frame(number % 100), arrived=number * 0.04, captured_ms=number * 40.0)
    assert timeline.end == 3600 * 16_000
    assert len(timeline._samples) // 2 <= KEPT_SAMPLES * 1.3
    assert len(timeline._frames) <= KEPT_SAMPLES // 640 * 1.3
    position = timeline.end - 16_000
    assert timeline.captured_ms(position) == pytest.approx(3_599_000.0)
    assert timeline.audio(position, position + 640)[0] == pytest.approx((position // 640 % 100) / 32768)
