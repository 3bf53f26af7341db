"""The recogniser: one model in memory for all sessions, a worker a core, behind a bounded fair queue."""

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
from voice_edge.hearing.fair_queue import FairQueue, Work
from voice_edge.hearing.invented_lines import without_credits
from voice_edge.hearing.plausibility import invented
from voice_edge.hearing.transcript import Transcript, too_unsure
from voice_edge.hearing.turn_taking import SAMPLE_RATE
from voice_edge.hearing.whisper import Decoded, Whisper
from voice_edge.hearing.workload import Admission, RecogniserFigures, Workload

__all__ = ["Admission", "Recogniser", "RecogniserFigures", "Transcript"]

WARM_SECONDS = 2.0  # of faint noise: silence would not reach the model
WARM_LOUDNESS = 0.01
WARM_SESSION = "warm"
CLOSE_SECONDS = 5.0

Float32 = npt.NDArray[np.float32]


class Decoder(Protocol):
    """A model that turns audio into text, from several threads at once; `Whisper` is one."""

    def decode(
        self, audio: Float32, *, language: str, prompt: str = "", abandoned: Callable[[], bool] = lambda: False
    ) -> Decoded:
        """Return what was said; raise RecognitionAbandoned soon after `abandoned` says so."""
        ...


class Recogniser:
    """Recognises turns, on each core one at a time.

    A recognition runs on one core: decoding a token is too small a step to share, two threads took a fifth more CPU
    for the same clips. Sessions are served side by side instead. Languages whose weights lie in the same folder
    share one model.

    Args:
        weights: Folder of CTranslate2 weights by language.
        qualified: Languages whose recognition was measured to be good enough to score.
        threads: Cores that recognition uses: as many recognitions run at once.
        load: Loads a model for so many recognitions at once; given by tests.
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
        self._queue = FairQueue(clock=clock, takers=threads, seconds_per_final=lambda: self._workload.seconds_per_final)
        self._models: dict[Path, Decoder] = {}
        self._loading = threading.Lock()
        self._began: dict[int, float] = {}
        self._workers: list[threading.Thread] = []
        self._closed = False

    def start(self) -> None:
        """Start the workers. Models are loaded at their first use; `warm` makes that now."""
        if not self._workers:
            self._workers = [
                threading.Thread(target=self._work, name=f"recogniser {number}", daemon=True)
                for number in range(self._threads)
            ]
            for worker in self._workers:
                worker.start()

    def warm(self) -> None:
        """Load every model and run it once; returns when that is done.

        Raises:
            WeightsDamaged: a model cannot be loaded.
        """
        noise = np.random.default_rng(0).normal(0.0, WARM_LOUDNESS, int(WARM_SECONDS * SAMPLE_RATE)).astype(np.float32)
        for language in self._weights:
            self._model(language)
            self.recognise(noise, language=language, session_id=f"{WARM_SESSION} {language}").result()

    def close(self) -> None:
        """Drop what waits, give up what runs, and stop the workers."""
        self._closed = True
        self._queue.close()
        until = time.monotonic() + CLOSE_SECONDS
        for worker in self._workers:
            worker.join(timeout=max(0.0, until - time.monotonic()))

    def recognise(
        self, audio: Float32, *, language: str, session_id: str, final: bool = True, prompt: str = ""
    ) -> Future[Transcript]:
        """Ask for the words of `audio`.

        Cancelling the future (also through `asyncio.wrap_future`) drops a recognition that waits and gives up one
        that runs, at its next step.

        Args:
            audio: Mono, 16 kHz, -1 to 1; of any length.
            language: The language that is spoken.
            session_id: Whose it is: a newer final of the same session replaces one that waits or runs, a newer partial
                a partial that waits; the replaced future is cancelled or fails with RecognitionAbandoned.
            final: Whether the words decide something. A partial is only for the captions: it is served when no final
                waits, and dropped (cancelled) when it has waited too long.
            prompt: What was said before, to lead the spelling.

        Raises:
            RecogniserBusy: too many turns wait already; it says for how long.
            RecogniserClosed: not started, closed, or without weights for the language.
        """
        if not self._workers:
            raise RecogniserClosed("The recogniser has not been started.", remedy="Write instead.")
        if language not in self._weights:
            raise RecogniserClosed(f"The recogniser has no weights for {language!r}.", remedy="Write instead.")
        work = Work(audio, language, session_id, final, prompt, self._clock())
        try:
            self._queue.put(work)
        except RecogniserBusy:
            self._workload.count("refused")
            raise
        if final and not session_id.startswith(WARM_SESSION):
            self._workload.asked(session_id)
        return work.future

    def hurry(self, session_id: str) -> None:
        """Serve the session's waiting final before those that are only begun early: its turn is committed."""
        self._queue.hurry(session_id)

    def forget(self, session_id: str) -> None:
        """Drop what waits for a session and give up what runs: it has ended."""
        self._queue.forget(session_id)
        self._workload.ended(session_id)

    def admission(self, *, voice_sessions: int) -> Admission:
        """Tell whether one more voice session may begin, by what recognitions have cost so far.

        To be asked before a session's microphone is opened; a turn of an open session is refused only by
        RecogniserBusy from `recognise`.

        Args:
            voice_sessions: Voice sessions that are open on this replica, without the one that asks.
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
        """Return what was counted and measured so far."""
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
        """Return how many finals wait."""
        return len(self._queue)

    def qualified(self, language: str) -> bool:
        """Tell whether speech in `language` is recognised well enough to be scored."""
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
            except BaseException as error:  # whatever one clip causes, the next one is served
                self._workload.count("failed")
                work.future.set_exception(_safe(error))
            else:
                self._note(work, heard, began=began)
                work.future.set_result(heard)
            finally:
                self._began.pop(id(work), None)
                self._queue.done(work)

    def _note(self, work: Work, heard: Transcript, *, began: float) -> None:
        if work.session_id.startswith(WARM_SESSION):
            return  # noise has few words: it would promise more than speech keeps
        self._workload.count("finals" if work.final else "partials")
        if work.final:
            self._workload.took(self._clock() - began, waited=began - work.asked_at)
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

    def _hear(self, work: Work) -> Transcript:
        decoded = self._model(work.language).decode(
            work.audio, language=work.language, prompt=work.prompt, abandoned=lambda: work.future.abandoned
        )
        nothing = invented(
            decoded.text,
            confidence=decoded.confidence,
            no_speech_probability=decoded.no_speech_probability,
        )
        return Transcript(
            text="" if nothing else without_credits(decoded.text),
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
