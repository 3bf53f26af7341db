"""Voice activity detection with the Silero model over a stream of audio."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from voice_edge.hearing.turn_taking import WINDOW_SAMPLES, SpeechWindow

CONTEXT_SAMPLES = 64  # the model also receives the end of the window before
STATE_SIZE = 128
BYTES_PER_SAMPLE = 2
FULL_SCALE = 32768.0
QUIETEST_POWER = 1e-10  # -100 dB

Float32 = npt.NDArray[np.float32]


@cache
def _model() -> Any:
    """Return the process's only model; it may run in several threads."""
    options = onnxruntime.SessionOptions()
    # One thread: a window takes a fraction of a millisecond, and the recogniser needs the cores.
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    path = resources.files("faster_whisper.assets").joinpath("silero_vad_v6.onnx")
    return onnxruntime.InferenceSession(path.read_bytes(), sess_options=options, providers=["CPUExecutionProvider"])


class VoiceActivity:
    """Computes the speech windows of one session's audio, keeping the model's state between calls."""

    def __init__(self) -> None:
        self._position = 0
        self._rest = b""
        self.reset()

    @property
    def position(self) -> int:
        """Return the position of the next window's first sample."""
        return self._position

    def feed(self, pcm16: bytes) -> list[SpeechWindow]:
        """Process mono little-endian PCM16 at 16 kHz of any length; return the completed windows."""
        self._rest += pcm16
        whole = len(self._rest) // (WINDOW_SAMPLES * BYTES_PER_SAMPLE)
        if not whole:
            return []
        used = whole * WINDOW_SAMPLES * BYTES_PER_SAMPLE
        audio = np.frombuffer(self._rest[:used], dtype="<i2").astype(np.float32) / FULL_SCALE
        self._rest = self._rest[used:]
        windows = audio.reshape(whole, WINDOW_SAMPLES)
        probabilities = self._run(windows)
        levels = 10 * np.log10(np.maximum(np.mean(np.square(windows), axis=1), QUIETEST_POWER))
        start = self._position
        self._position += whole * WINDOW_SAMPLES
        return [
            SpeechWindow(start + number * WINDOW_SAMPLES, float(probability), float(level))
            for number, (probability, level) in enumerate(zip(probabilities, levels, strict=True))
        ]

    def reset(self, *, at: int | None = None) -> None:
        """Reset the model's state, for example after a gap in the audio.

        Args:
            at: Position of the next sample; None continues the count.
        """
        self._rest = b""
        self._context: Float32 = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)
        self._h: Float32 = np.zeros((1, 1, STATE_SIZE), dtype=np.float32)
        self._c: Float32 = np.zeros((1, 1, STATE_SIZE), dtype=np.float32)
        if at is not None:
            self._position = at

    def _run(self, windows: Float32) -> Float32:
        ends = windows[:, -CONTEXT_SAMPLES:]
        contexts = np.concatenate([self._context[np.newaxis], ends[:-1]])
        # The model treats a batch as consecutive windows and passes h and c along.
        output, self._h, self._c = _model().run(
            None, {"input": np.concatenate([contexts, windows], axis=1), "h": self._h, "c": self._c}
        )
        self._context = ends[-1].copy()
        probabilities: Float32 = np.asarray(output, dtype=np.float32).reshape(-1)
        return probabilities
