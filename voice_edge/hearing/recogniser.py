"""The recogniser: one model in memory and one worker for all sessions, behind a bounded fair queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from voice_edge.hearing.errors import RecogniserClosed, RecognitionFailed, WeightsDamaged
from voice_edge.hearing.fair_queue import FairQueue, Work
from voice_edge.hearing.heard import Heard, too_unsure
from voice_edge.hearing.plausibility import invented
from voice_edge.hearing.turn_taking import SAMPLE_RATE
from voice_edge.hearing.whisper import Decoded, Whisper

__all__ = ["Heard", "Recogniser"]

WARM_SECONDS = 2.0  # of faint noise: silence would not reach the model
WARM_LOUDNESS = 0.01
WARM_SESSION = "warm"
CLOSE_SECONDS = 10.0

Float32 = npt.NDArray[np.float32]


class Decoder(Protocol):
    """A model that turns audio into text; `Whisper` is one."""

    def decode(self, audio: Float32, *, language: str, prompt: str = "") -> Decoded:
        """Return what was said."""
        ...


class Recogniser:
    """Recognises turns, one at a time.

    One worker, because one recognition uses all the cores it is given (`threads`): two at once would make both late.
    Languages whose weights lie in the same folder share one model.

    Args:
        weights: Folder of CTranslate2 weights by language.
        qualified: Languages whose recognition was measured to be good enough to score.
        threads: Cores that one recognition uses.
        load: Loads a model; given by tests.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        weights: Mapping[str, Path],
        qualified: frozenset[str],
        threads: int,
        load: Callable[[Path, int], Decoder] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._weights = dict(weights)
        self._qualified = qualified
        self._threads = threads
        self._load = load or (lambda folder, threads: Whisper(folder, threads=threads))
        self._clock = clock
        self._queue = FairQueue(clock=clock)
        self._models: dict[Path, Decoder] = {}
        self._worker: threading.Thread | None = None

    def start(self) -> None:
        """Start the worker. Models are loaded at their first use; `warm` makes that now."""
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="recogniser", daemon=True)
            self._worker.start()

    def warm(self) -> None:
        """Load every model and run it once; returns when that is done.

        Raises:
            WeightsDamaged: a model cannot be loaded.
        """
        noise = np.random.default_rng(0).normal(0.0, WARM_LOUDNESS, int(WARM_SECONDS * SAMPLE_RATE)).astype(np.float32)
        for language in self._weights:
            self.recognise(noise, language=language, session_id=f"{WARM_SESSION} {language}").result()

    def close(self) -> None:
        """Drop what waits, let the running recognition end, and stop the worker."""
        self._queue.close()
        if self._worker is not None:
            self._worker.join(timeout=CLOSE_SECONDS)

    def recognise(
        self, audio: Float32, *, language: str, session_id: str, final: bool = True, prompt: str = ""
    ) -> Future[Heard]:
        """Ask for the words of `audio`.

        Args:
            audio: Mono, 16 kHz, -1 to 1; of any length.
            language: The language that is spoken.
            session_id: Whose it is: a newer final of the same session replaces one that still waits, a newer partial
                a partial; the replaced future is cancelled.
            final: Whether the words decide something. A partial is only for the captions: it is served when no final
                waits, and dropped (cancelled) when it has waited too long.
            prompt: What was said before, to lead the spelling.

        Raises:
            RecogniserBusy: too many turns wait already.
            RecogniserClosed: not started, closed, or without weights for the language.
        """
        if self._worker is None:
            raise RecogniserClosed("The recogniser has not been started.", remedy="Write instead.")
        if language not in self._weights:
            raise RecogniserClosed(f"The recogniser has no weights for {language!r}.", remedy="Write instead.")
        work = Work(audio, language, session_id, final, prompt, self._clock())
        self._queue.put(work)
        return work.future

    def forget(self, session_id: str) -> None:
        """Drop what waits for a session: it has ended."""
        self._queue.forget(session_id)

    @property
    def queue_depth(self) -> int:
        """Return how many finals wait."""
        return len(self._queue)

    def qualified(self, language: str) -> bool:
        """Tell whether speech in `language` is recognised well enough to be scored."""
        return language in self._qualified

    def _work(self) -> None:
        while (work := self._queue.take()) is not None:
            try:
                heard = self._hear(work)
            except Exception as error:  # whatever one clip causes, the next one is served
                work.future.set_exception(_safe(error))
            else:
                work.future.set_result(heard)

    def _hear(self, work: Work) -> Heard:
        folder = self._weights[work.language]
        if folder not in self._models:
            try:
                self._models[folder] = self._load(folder, self._threads)
            except Exception as error:
                raise WeightsDamaged(
                    f"The weights in {folder.name} cannot be loaded ({type(error).__name__}).",
                    remedy="`python -m voice_edge.hearing.weights` makes the packaged ones anew.",
                ) from error
        decoded = self._models[folder].decode(work.audio, language=work.language, prompt=work.prompt)
        nothing = invented(
            decoded.text,
            confidence=decoded.confidence,
            no_speech_probability=decoded.no_speech_probability,
        )
        return Heard(
            text="" if nothing else decoded.text,
            confidence=min(1.0, max(0.0, decoded.confidence)),
            low_confidence=decoded.runaway or too_unsure(decoded.confidence, qualified=self.qualified(work.language)),
            no_speech=nothing,
            retried=decoded.retried,
            seconds=decoded.seconds,
            language=work.language,
        )


def _safe(error: Exception) -> Exception:
    if isinstance(error, WeightsDamaged):
        return error
    failed = RecognitionFailed(
        f"A recognition broke off ({type(error).__name__}).", remedy="Say it again, or write instead.", retryable=True
    )
    failed.__cause__ = error
    return failed
