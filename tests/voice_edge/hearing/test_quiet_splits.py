"""Long audio is cut in pauses, and no sample is lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voice_edge.hearing.quiet_splits import LONGEST_PIECE_SECONDS, split_audio
from voice_edge.hearing.turn_taking import SAMPLE_RATE


@given(st.floats(0, 70), st.integers(0, 2**16))
def test_the_pieces_together_are_the_audio(seconds: float, seed: int) -> None:
    audio = np.random.default_rng(seed).normal(size=int(seconds * SAMPLE_RATE)).astype(np.float32)
    parts = split_audio(audio)
    assert np.array_equal(np.concatenate(parts), audio)
    assert all(len(part) <= LONGEST_PIECE_SECONDS * SAMPLE_RATE for part in parts)


def test_the_cut_falls_into_the_pause() -> None:
    audio = np.ones(40 * SAMPLE_RATE, dtype=np.float32)
    audio[25 * SAMPLE_RATE : 26 * SAMPLE_RATE] = 0.0
    first, _ = split_audio(audio)
    assert 25 * SAMPLE_RATE < len(first) < 26 * SAMPLE_RATE
