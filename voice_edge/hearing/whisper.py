"""Decodes audio with a Whisper model whose encoder sees only the speech and a little padding.

The library pads every clip to 30 s, which takes most of its time on a CPU. Shorter input is several times faster at the
same word error, but too little padding breaks it, and the text of brief clips may be doubled: a text that repeats
itself or is implausible for its duration is decoded again at full length.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from pilot.composed import composed
from voice_edge.hearing.errors import RecognitionAbandoned
from voice_edge.hearing.plausibility import echoes, is_runaway, most_tokens, without_loop
from voice_edge.hearing.quiet_splits import split_audio
from voice_edge.hearing.turn_taking import SAMPLE_RATE

PADDING_SECONDS = 4.0  # with 2 s, one clip in fifteen repeats itself and costs a retry: docs/voice.md
FRAMES_PER_SECOND = 100
FULL_FRAMES = 3000
LONGEST_DECODE_TOKENS = 224  # half of the model's context, enough for 30 s
LONGEST_PROMPT_TOKENS = 64
COMPUTE_TYPE = "int8"
SILENT_PEAK = 1e-3  # -60 dBFS: a microphone that is off

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The model's output for one recognition; `seconds` is its duration."""

    text: str
    confidence: float
    no_speech_probability: float
    retried: bool
    runaway: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class _Attempt:
    text: str
    tokens: int
    log_probability: float  # sum over the tokens and the end of text
    no_speech_probability: float


class Whisper:
    """One model in memory, usable by as many threads at once as it has workers.

    Args:
        weights: Folder of CTranslate2 weights.
        workers: Maximum number of parallel recognitions; they share the weights.
        threads: Cores of one recognition.
    """

    def __init__(self, weights: Path, *, workers: int = 1, threads: int = 1) -> None:
        self._model: Any = WhisperModel(
            str(weights),
            device="cpu",
            compute_type=COMPUTE_TYPE,
            cpu_threads=threads,
            num_workers=workers,
            local_files_only=True,
        )
        self._tokenizers: dict[str, tuple[Any, list[int]]] = {}

    def decode(
        self, audio: Float32, *, language: str, prompt: str = "", abandoned: Callable[[], bool] = lambda: False
    ) -> DecodedText:
        """Return the words of `audio` (mono, 16 kHz, -1 to 1) of any length.

        Args:
            audio: The samples.
            language: The language that is spoken.
            prompt: The words before.
            abandoned: Whether the result is no longer needed; called between the steps.

        Raises:
            RecognitionAbandoned: `abandoned` returned True.
        """
        started = time.perf_counter()
        if not len(audio) or float(np.abs(audio).max()) < SILENT_PEAK:
            return DecodedText("", 0.0, 1.0, False, False, time.perf_counter() - started)
        attempts: list[_Attempt] = []
        retried = runaway = False
        for piece in split_audio(audio):
            seconds = len(piece) / SAMPLE_RATE
            features = self._model.feature_extractor(piece)
            attempt = self._attempt(
                features, self._short(seconds), seconds, language=language, prompt=prompt, abandoned=abandoned
            )
            if echoes(attempt.text) or is_runaway(attempt.text, tokens=attempt.tokens, seconds=seconds):
                retried = True
                attempt = self._attempt(
                    features, FULL_FRAMES, seconds, language=language, prompt="", abandoned=abandoned
                )
                runaway |= is_runaway(attempt.text, tokens=attempt.tokens, seconds=seconds)
            attempts.append(attempt)
        tokens = sum(attempt.tokens + 1 for attempt in attempts)
        return DecodedText(
            text=without_loop(" ".join(attempt.text for attempt in attempts if attempt.text)),
            confidence=math.exp(sum(attempt.log_probability for attempt in attempts) / tokens),
            no_speech_probability=min(attempt.no_speech_probability for attempt in attempts),
            retried=retried,
            runaway=runaway,
            seconds=time.perf_counter() - started,
        )

    @staticmethod
    def _short(seconds: float) -> int:
        frames = math.ceil((seconds + PADDING_SECONDS) * FRAMES_PER_SECOND)
        return min(FULL_FRAMES, frames + frames % 2)  # the encoder halves them

    def _attempt(
        self,
        features: Float32,
        frames: int,
        seconds: float,
        *,
        language: str,
        prompt: str,
        abandoned: Callable[[], bool],
    ) -> _Attempt:
        _unless(abandoned)
        tokenizer, suppressed = self._tokenizer(language)
        tokens = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        if prompt:
            before = tokenizer.encode(f" {prompt.strip()}")[-LONGEST_PROMPT_TOKENS:]
            tokens = [tokenizer.sot_prev, *before, *tokens]
        padded = np.ascontiguousarray(pad_or_trim(features, frames))[np.newaxis]
        encoded = self._model.model.encode(ctranslate2.StorageView.from_array(padded), to_cpu=False)
        _unless(abandoned)  # decoding is two thirds of the work
        result = self._model.model.generate(
            encoded,
            [tokens],
            beam_size=1,
            max_length=len(tokens) + min(most_tokens(seconds), LONGEST_DECODE_TOKENS),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=suppressed,
        )[0]
        written = result.sequences_ids[0]
        return _Attempt(
            text=composed(tokenizer.decode(written)).strip(),
            tokens=len(written),
            log_probability=result.scores[0] * len(written),
            no_speech_probability=result.no_speech_prob,
        )

    def _tokenizer(self, language: str) -> tuple[Any, list[int]]:
        if language not in self._tokenizers:
            tokenizer = Tokenizer(
                self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language=language
            )
            self._tokenizers[language] = tokenizer, list(get_suppressed_tokens(tokenizer, [-1]))
        return self._tokenizers[language]


def _unless(abandoned: Callable[[], bool]) -> None:
    if abandoned():
        raise RecognitionAbandoned
