"""Finds the beginning and the end of the voice in a recording, by energy only.

It shares nothing with the edge's voice activity model, because it validates that model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
WINDOW_SAMPLES = 160  # 10 ms
# A window is voice within this of the loud ones, and this far above the recording's own noise.
BELOW_LOUD_DB = 38.0
ABOVE_NOISE_DB = 9.0
LOUD_SHARE, NOISE_SHARE = 95, 5
SILENCE_DB = -96.0


def voiced_span(samples: NDArray[np.int16]) -> tuple[int, int]:
    """Return the first and the last sample of the voice; (0, 0) without a voice.

    The ends lie on windows of 10 ms: the last sample is the end of the last voiced window.
    """
    voiced = np.flatnonzero(_voiced_windows(samples))
    if not voiced.size:
        return 0, 0
    return int(voiced[0]) * WINDOW_SAMPLES, (int(voiced[-1]) + 1) * WINDOW_SAMPLES - 1


def longest_pause_seconds(samples: NDArray[np.int16]) -> float:
    """Return the longest silence between two voiced windows."""
    voiced = np.flatnonzero(_voiced_windows(samples))
    gaps = np.diff(voiced) - 1
    return float(gaps.max()) * WINDOW_SAMPLES / SAMPLE_RATE if gaps.size else 0.0


def _voiced_windows(samples: NDArray[np.int16]) -> NDArray[np.bool_]:
    whole = len(samples) // WINDOW_SAMPLES * WINDOW_SAMPLES
    if not whole:
        return np.zeros(0, dtype=np.bool_)
    windows = samples[:whole].astype(np.float64).reshape(-1, WINDOW_SAMPLES) / 32768.0
    level = 10 * np.log10(np.maximum((windows**2).mean(axis=1), 10 ** (SILENCE_DB / 10)))
    loud, noise = np.percentile(level, [LOUD_SHARE, NOISE_SHARE])
    if loud <= SILENCE_DB + ABOVE_NOISE_DB:
        return np.zeros(len(level), dtype=np.bool_)
    # The noise of a recording without a silent window cannot be measured: only loudness decides.
    limit = max(loud - BELOW_LOUD_DB, min(noise + ABOVE_NOISE_DB, loud - BELOW_LOUD_DB / 2))
    return np.asarray(level > limit, dtype=np.bool_)
