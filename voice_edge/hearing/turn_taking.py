"""Turn-taking: detects from speech probabilities when a turn starts, pauses, resumes and ends.

A pure state machine without a clock: time is the position in the audio, in samples at 16 kHz since the microphone
opened. Each session has its own `TurnTaking`.

States of a turn::

    waiting --speech--> hearing --240 ms of silence--> paused --more silence--> done --rearm--> waiting
                           ^                              |
                           +----------- speech -----------+   (the same turn, the next revision)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from voice_edge.hearing.endings import Ending, ending_of

SAMPLE_RATE = 16_000
WINDOW_SAMPLES = 512  # 32 ms, the step of the voice activity model

SOFT_END_MS = 240  # silence after which recognition starts speculatively
COMMIT_MS = 700  # silence after which the turn ends
COMMIT_AFTER_CLAUSE_MS = 640  # ... when the words so far end a sentence
COMMIT_AFTER_COMMA_MS = 900  # ... when they stop at a comma
COMMIT_AFTER_OPEN_MS = 1500  # ... when they end in "och", "because", "eh"
PRE_ROLL_MS = 500  # audio before the first voiced window: a soft first consonant is not yet voiced
NO_SPEECH_MS = 8000  # silence after the question before the customer is asked again
START_WINDOWS = 3  # consecutive voiced windows that start a turn (96 ms); a click or a clinking cup is shorter
RESUME_WINDOWS = 2  # consecutive voiced windows that resume a paused turn
MAX_TURN_SECONDS = 45
SPEECH_FROM = 0.5  # probability from which a silent customer counts as speaking
SPEECH_UNTIL = 0.35  # probability below which a speaking customer counts as silent
# A voice this far below the customer's, for this long, is a radio or another table. The customer's own voice drops as
# far at the end of a sentence, but not for as long (docs/voice.md).
FAR_BELOW_DB = 14.0
FAR_FOR_MS = 1000
LEVEL_SETTLES_SAMPLES = SAMPLE_RATE // 2  # of voice; until then a louder window sets the level at once
LEVEL_SMOOTHING = 0.1  # of the customer's level, per window; quiet ends of words must not lower it


def samples(milliseconds: float) -> int:
    """Return the number of samples in `milliseconds`."""
    return round(milliseconds * SAMPLE_RATE / 1000)


@dataclass(frozen=True, slots=True)
class SpeechWindow:
    """The speech probability of one window of 512 samples.

    Attributes:
        start: Position of its first sample.
        probability: 0 to 1.
        level_db: Its loudness in dB relative to full scale; None if not measured.
    """

    start: int
    probability: float
    level_db: float | None = None

    @property
    def end(self) -> int:
        """Return the position after its last sample."""
        return self.start + WINDOW_SAMPLES


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The customer started to speak; the turn's audio starts at `audio_from`, pre-roll included."""

    at: int
    audio_from: int


@dataclass(frozen=True, slots=True)
class SoftEnd:
    """The customer paused: recognise `audio_from` to `at` as `revision`; the turn may resume."""

    revision: int
    audio_from: int
    speech_end: int
    at: int
    voiced_samples: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The customer resumed: `revision` is being spoken, and earlier revisions are void."""

    revision: int
    at: int


@dataclass(frozen=True, slots=True)
class Commit:
    """The turn ended with the words of `revision`; `capped` if it reached the maximum duration."""

    revision: int
    audio_from: int
    speech_end: int
    at: int
    voiced_samples: int
    capped: bool = False


@dataclass(frozen=True, slots=True)
class NoSpeech:
    """The customer stayed silent too long, or pressed "done" without speaking."""

    at: int


TurnEvent = SpeechStarted | SoftEnd | Resumed | Commit | NoSpeech


class _State(Enum):
    WAITING = auto()
    HEARING = auto()
    PAUSED = auto()
    DONE = auto()


class TurnTaking:
    """Follows one session's microphone, turn after turn.

    Revisions increase over the whole session, so a late transcript is never attributed to a later turn.
    """

    def __init__(self) -> None:
        self._revision = 0
        self._arm(0)

    def hear(self, window: SpeechWindow) -> list[TurnEvent]:
        """Process the next window and return the resulting events in order.

        A window that starts before the last `rearm` is ignored: it may contain the sound of the reply.
        """
        if self._state is _State.DONE or window.start < self._armed_at:
            return []
        self._count(window)
        if self._state is _State.WAITING:
            return self._wait(window)
        return self._follow(window)

    def stop(self, at: int) -> list[TurnEvent]:
        """End the turn now: the customer pressed "done"."""
        if self._state is _State.DONE:
            return []
        if self._state is _State.WAITING:
            if not self._run:
                return self._give_up(at)
            # A customer who presses "done" has spoken, even if little of it is voiced.
            started = self._begin(at)
            return [started, self._commit(at)]
        return [self._commit(at)]

    def transcript(self, revision: int, text: str) -> None:
        """Process the transcript of `revision`: its last words determine the silence that ends the turn."""
        if self._state is not _State.PAUSED or revision != self._revision:
            return
        self._commit_after = samples(
            {
                Ending.OPEN: COMMIT_AFTER_OPEN_MS,
                Ending.COMMA: COMMIT_AFTER_COMMA_MS,
                Ending.CLAUSE: COMMIT_AFTER_CLAUSE_MS,
                Ending.PLAIN: COMMIT_MS,
            }[ending_of(text)]
        )

    def rearm(self, at: int) -> None:
        """Listen for the next turn from position `at`, after the reply was shown; drop an open turn."""
        self._arm(at)

    def _arm(self, at: int) -> None:
        self._state = _State.WAITING
        self._armed_at = at
        self._run = 0  # consecutive voiced windows, up to the latest
        self._run_from = at
        self._voiced = 0
        self._audio_from = at
        self._speech_end = at
        self._level_db: float | None = None  # of the customer's voice
        self._near_end = at  # end of the last voice as loud as the customer's
        self._commit_after = samples(COMMIT_MS)

    def _count(self, window: SpeechWindow) -> None:
        """Count consecutive voiced windows; the threshold to stop is lower than the one to start."""
        speaking = self._state is _State.HEARING
        threshold = SPEECH_UNTIL if speaking else SPEECH_FROM
        if window.probability >= threshold and not self._far(window):
            if not self._run:
                self._run_from = window.start
            self._run += 1
        else:
            self._run = 0

    def _far(self, window: SpeechWindow) -> bool:
        """Return whether a voice has been too faint for too long to be the customer's."""
        if not self._faint(window):
            self._near_end = window.end
            return False
        if window.end - self._near_end < samples(FAR_FOR_MS):
            return False
        self._speech_end = min(self._speech_end, self._near_end)  # the faint voice was not the customer's
        return True

    def _faint(self, window: SpeechWindow) -> bool:
        """Return whether a voice is far below the customer's level, and update that level."""
        if window.level_db is None or self._state is _State.WAITING:
            return False
        if self._level_db is None:
            self._level_db = window.level_db
        distance = self._level_db - window.level_db
        if distance < FAR_BELOW_DB / 2:
            rise = 1.0 if distance < 0 and self._voiced < LEVEL_SETTLES_SAMPLES else LEVEL_SMOOTHING
            self._level_db -= rise * distance
        return distance > FAR_BELOW_DB

    def _wait(self, window: SpeechWindow) -> list[TurnEvent]:
        if self._run >= START_WINDOWS:
            return [self._begin(window.end)]
        if not self._run and window.end - self._armed_at >= samples(NO_SPEECH_MS):
            return self._give_up(window.end)
        return []

    def _follow(self, window: SpeechWindow) -> list[TurnEvent]:
        events: list[TurnEvent] = []
        if self._state is _State.HEARING and self._run:
            self._extend(window.end, voiced=WINDOW_SAMPLES)
        elif self._state is _State.PAUSED and self._run >= RESUME_WINDOWS:
            self._state = _State.HEARING
            self._revision += 1
            self._extend(window.end, voiced=self._run * WINDOW_SAMPLES)
            self._commit_after = samples(COMMIT_MS)
            events.append(Resumed(self._revision, window.end))
        if window.end - self._audio_from >= MAX_TURN_SECONDS * SAMPLE_RATE:
            return [*events, self._commit(window.end, capped=True)]
        silence = window.end - self._speech_end
        if self._state is _State.HEARING and silence >= samples(SOFT_END_MS):
            self._state = _State.PAUSED
            events.append(
                SoftEnd(self._revision, self._audio_from, self._speech_end, window.end, self._voiced),
            )
        if self._state is _State.PAUSED and not self._run and silence >= self._commit_after:
            events.append(self._commit(window.end))
        return events

    def _begin(self, at: int) -> SpeechStarted:
        self._state = _State.HEARING
        self._revision += 1
        self._audio_from = max(self._armed_at, self._run_from - samples(PRE_ROLL_MS))
        self._extend(self._run_from + self._run * WINDOW_SAMPLES, voiced=self._run * WINDOW_SAMPLES)
        return SpeechStarted(at, self._audio_from)

    def _extend(self, end: int, *, voiced: int) -> None:
        self._speech_end = end
        self._voiced += voiced

    def _commit(self, at: int, *, capped: bool = False) -> Commit:
        self._state = _State.DONE
        return Commit(self._revision, self._audio_from, self._speech_end, at, self._voiced, capped)

    def _give_up(self, at: int) -> list[TurnEvent]:
        self._state = _State.DONE
        return [NoSpeech(at)]
