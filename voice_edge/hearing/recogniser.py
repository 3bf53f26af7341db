"""The recogniser: one model in memory for all sessions, one worker per core, a bounded fair queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from voice_edge.hearing.errors import (
    RecogniserBusy,
    RecogniserClosed,
    RecognitionAbandoned,
    RecognitionFailed,
    WeightsDamaged,
)
from voice_edge.hearing.fair_queue import FairQueue, RecognitionRequest
from voice_edge.hearing.invented_lines import without_credits
from voice_edge.hearing.plausibility import is_invented
from voice_edge.hearing.sound_notes import without_sound_notes
from voice_edge.hearing.transcript import Transcript, too_unsure
from voice_edge.hearing.turn_taking import SAMPLE_RATE
from voice_edge.hearing.whisper import DecodedText, Whisper
from voice_edge.hearing.workload import Admission, RecogniserFigures, Workload

__all__ = ["Admission", "Recogniser", "RecogniserFigures", "Transcript"]

WARM_SECONDS = 2.0  # of faint noise: silence is not decoded
WARM_LOUDNESS = 0.01
WARM_SESSION = "warm"
CLOSE_SECONDS = 5.0

Float32 = npt.NDArray[np.float32]


class Decoder(Protocol):
    """A model that transcribes audio, callable from several threads at once, such as `Whisper`."""

    def decode(
        self, audio: Float32, *, language: str, prompt: str = "", abandoned: Callable[[], bool] = lambda: False
    ) -> DecodedText:
        """Return the transcript; raise RecognitionAbandoned soon after `abandoned` returns True."""
        ...


class Recogniser:
    """Recognises turns, one at a time on each core.

    A recognition runs on one core: decoding a token is too small a step to split, and two threads used a fifth more
    CPU for the same clips. Sessions are served in parallel instead. Languages with the same folder of weights share
    one model.

    Args:
        weights: Folder of CTranslate2 weights by language.
        qualified: Languages whose transcripts may be scored, after a measurement.
        threads: Cores for recognition: the number of parallel recognitions.
        load: Loads a model for a number of parallel recognitions; for tests.
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
        self._load = load or (lambda folder, workers: Whisper(folder, workers=workers))
        self._clock = clock
        self._workload = Workload(workers=threads, clock=clock)
        self._queue = FairQueue(
            clock=clock, workers=threads, seconds_per_final=lambda: self._workload.seconds_per_final
        )
        self._models: dict[Path, Decoder] = {}
        self._loading = threading.Lock()
        self._began: dict[int, float] = {}
        self._workers: list[threading.Thread] = []
        self._closed = False

    def start(self) -> None:
        """Start the workers. Models are loaded at their first use, or by `warm`."""
        if not self._workers:
            self._workers = [
                threading.Thread(target=self._work, name=f"recogniser {number}", daemon=True)
                for number in range(self._threads)
            ]
            for worker in self._workers:
                worker.start()

    def warm(self) -> None:
        """Load every model and run it once.

        Raises:
            WeightsDamaged: a model cannot be loaded.
        """
        noise = np.random.default_rng(0).normal(0.0, WARM_LOUDNESS, int(WARM_SECONDS * SAMPLE_RATE)).astype(np.float32)
        for language in self._weights:
            self._model(language)
            self.recognise(noise, language=language, session_id=f"{WARM_SESSION} {language}").result()

    def close(self) -> None:
        """Drop waiting recognitions, abandon running ones, and stop the workers."""
        self._closed = True
        self._queue.close()
        until = time.monotonic() + CLOSE_SECONDS
        for worker in self._workers:
            worker.join(timeout=max(0.0, until - time.monotonic()))

    def recognise(
        self,
        audio: Float32,
        *,
        language: str,
        session_id: str,
        final: bool = True,
        prompt: str = "",
        part: bool = False,
    ) -> Future[Transcript]:
        """Request the transcript of `audio`.

        Cancelling the future (also through `asyncio.wrap_future`) drops a waiting recognition and abandons a running
        one at its next step.

        Args:
            audio: Mono, 16 kHz, -1 to 1; of any length.
            language: The language that is spoken.
            session_id: The session. A newer final of a session replaces its waiting or running one, a newer partial
                its waiting one; the replaced future is cancelled or fails with RecognitionAbandoned.
            final: Whether the transcript is for a turn. A partial is for captions: it is served while no final waits,
                and cancelled when it has waited too long.
            prompt: The words before, as a hint for spelling.
            part: Whether it is a finished part of a longer turn: only a newer part of the session replaces it.

        Raises:
            RecogniserBusy: the queue is full.
            RecogniserClosed: the recogniser is not started, closed, or has no weights for the language.
        """
        if not self._workers:
            raise RecogniserClosed("The recogniser has not been started.", remedy="Write instead.")
        if language not in self._weights:
            raise RecogniserClosed(f"The recogniser has no weights for {language!r}.", remedy="Write instead.")
        work = RecognitionRequest(audio, language, session_id, final, prompt, self._clock(), part)
        try:
            self._queue.put(work)
        except RecogniserBusy:
            self._workload.count("refused")
            raise
        if final and not session_id.startswith(WARM_SESSION):
            self._workload.record_request(session_id)
        return work.future

    def hurry(self, session_id: str) -> None:
        """Serve the session's waiting final before speculative ones: its turn is committed."""
        self._queue.hurry(session_id)

    def forget(self, session_id: str) -> None:
        """Drop the waiting recognitions of an ended session and abandon the running ones."""
        self._queue.forget(session_id)
        self._workload.record_end(session_id)

    def admission(self, *, voice_sessions: int) -> Admission:
        """Return whether one more voice session fits, given the measured cost of recognitions.

        Call it before a session's microphone is opened; a turn of an open session is refused only by RecogniserBusy
        from `recognise`.

        Args:
            voice_sessions: Open voice sessions on this replica, without the new one.
        """
        if not self._workers or self._closed:
            return Admission(False, 0.0, "closed")
        return self._workload.admit(
            voice_sessions=voice_sessions,
            oldest_wait_s=self._queue.oldest_wait(),
            backlog_s=self._queue.backlog_seconds(),
            longest_run_s=self._longest_run(),
        )

    def figures(self) -> RecogniserFigures:
        """Return counts and measurements since the start."""
        work = self._workload
        return RecogniserFigures(
            queue_depth=len(self._queue),
            oldest_wait_s=self._queue.oldest_wait(),
            running=self._queue.running,
            longest_run_s=self._longest_run(),
            workers=self._threads,
            seconds_per_final=work.seconds_per_final,
            wait_s=work.wait_s,
            finals_per_session_second=work.finals_per_session_second,
            most_voice_sessions=work.most_voice_sessions,
            partials_dropped=self._queue.partials_dropped,
            **work.counts,
        )

    @property
    def queue_depth(self) -> int:
        """Return the number of waiting finals."""
        return len(self._queue)

    def qualified(self, language: str) -> bool:
        """Return whether transcripts in `language` may be scored."""
        return language in self._qualified

    def _longest_run(self) -> float:
        now = self._clock()
        return max((now - began for began in list(self._began.values())), default=0.0)

    def _work(self) -> None:
        while (work := self._queue.take()) is not None:
            began = self._began[id(work)] = self._clock()
            try:
                heard = self._hear(work)
            except RecognitionAbandoned as abandoned:
                self._workload.count("abandoned")
                work.future.set_exception(abandoned)
            except BaseException as error:  # an error in one clip must not stop the worker
                self._workload.count("failed")
                work.future.set_exception(_safe(error))
            else:
                self._note(work, heard, began=began)
                work.future.set_result(heard)
            finally:
                self._began.pop(id(work), None)
                self._queue.done(work)

    def _note(self, work: RecognitionRequest, heard: Transcript, *, began: float) -> None:
        if work.session_id.startswith(WARM_SESSION):
            return  # noise has few words: its duration would be too optimistic
        self._workload.count("finals" if work.final else "partials")
        if work.final:
            self._workload.record_duration(self._clock() - began, waited=began - work.requested_at)
        if heard.retried:
            self._workload.count("retried")
        if heard.no_speech:
            self._workload.count("invented")

    def _model(self, language: str) -> Decoder:
        folder = self._weights[language]
        with self._loading:
            if folder not in self._models:
                try:
                    self._models[folder] = self._load(folder, self._threads)
                except Exception as error:
                    raise WeightsDamaged(
                        f"The weights in {folder.name} cannot be loaded ({type(error).__name__}).",
                        remedy="`pilot models status` says which are meant and what to do.",
                    ) from error
            return self._models[folder]

    def _hear(self, work: RecognitionRequest) -> Transcript:
        decoded = self._model(work.language).decode(
            work.audio, language=work.language, prompt=work.prompt, abandoned=lambda: work.future.abandoned
        )
        said = without_sound_notes(decoded.text)
        nothing = is_invented(
            said,
            confidence=decoded.confidence,
            no_speech_probability=decoded.no_speech_probability,
        )
        return Transcript(
            text="" if nothing else without_credits(said),
            confidence=min(1.0, max(0.0, decoded.confidence)),
            low_confidence=decoded.runaway or too_unsure(decoded.confidence, qualified=self.qualified(work.language)),
            no_speech=nothing,
            retried=decoded.retried,
            seconds=decoded.seconds,
            language=work.language,
        )


def _safe(error: BaseException) -> BaseException:
    if isinstance(error, WeightsDamaged):
        return error
    failed = RecognitionFailed(
        f"A recognition broke off ({type(error).__name__}).", remedy="Say it again, or write instead.", retryable=True
    )
    failed.__cause__ = error
    return failed
