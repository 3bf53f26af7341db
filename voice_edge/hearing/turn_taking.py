"""Turn-taking: decides from speech probabilities when a customer's turn starts, pauses, goes on and ends.

A pure state machine. It owns no clock: time is the position in the audio, in samples at 16 kHz since the microphone
opened. One `TurnTaking` belongs to one session.

A turn runs through these states::

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

SOFT_END_MS = 240  # silence after which recognition starts, before anybody knows that the turn is over
COMMIT_MS = 700  # silence after which the turn is over
COMMIT_AFTER_CLAUSE_MS = 640  # ... when the words so far end a sentence
COMMIT_AFTER_COMMA_MS = 900  # ... when they stop at a comma
COMMIT_AFTER_OPEN_MS = 1500  # ... when they end in "och", "because", "eh"
PRE_ROLL_MS = 500  # audio kept from before the first voiced window: a soft first consonant is not yet voice
NO_SPEECH_MS = 8000  # silence after the question until the customer is asked again
START_WINDOWS = 3  # voiced windows in a row that are speech (96 ms); a click or a clinking cup is shorter
RESUME_WINDOWS = 2  # voiced windows in a row that continue a paused turn
MAX_TURN_SECONDS = 45
SPEECH_FROM = 0.5  # probability at which a silent customer is speaking
SPEECH_UNTIL = 0.35  # probability below which a speaking customer is silent
# A voice so far below the customer's own, for so long, comes from a radio or another table. Their own voice sinks as
# far at the ends of sentences, but not for long (docs/voice.md).
FAR_BELOW_DB = 14.0
FAR_FOR_MS = 1000
LEVEL_SETTLES_SAMPLES = SAMPLE_RATE // 2  # of voice: until then a louder window sets the level at once
LEVEL_SMOOTHING = 0.1  # of the customer's level, a window; quiet ends of words do not pull it down


def samples(milliseconds: float) -> int:
    """Return how many samples `milliseconds` are."""
    return round(milliseconds * SAMPLE_RATE / 1000)


@dataclass(frozen=True, slots=True)
class SpeechWindow:
    """How likely one window of 512 samples is speech.

    Attributes:
        start: Position of its first sample.
        probability: 0 to 1.
        level_db: Its loudness, in dB below full scale; None where it was not measured.
    """

    start: int
    probability: float
    level_db: float | None = None

    @property
    def end(self) -> int:
        """Return the position after its last sample."""
        return self.start + WINDOW_SAMPLES


@dataclass(frozen=True, slots=True)
class TurnOptions:
    """The thresholds of turn-taking; the constants above say what each means."""

    soft_end_ms: int = SOFT_END_MS
    commit_ms: int = COMMIT_MS
    commit_after_clause_ms: int = COMMIT_AFTER_CLAUSE_MS
    commit_after_comma_ms: int = COMMIT_AFTER_COMMA_MS
    commit_after_open_ms: int = COMMIT_AFTER_OPEN_MS
    pre_roll_ms: int = PRE_ROLL_MS
    no_speech_ms: int = NO_SPEECH_MS
    start_windows: int = START_WINDOWS
    resume_windows: int = RESUME_WINDOWS
    max_turn_seconds: float = MAX_TURN_SECONDS
    speech_from: float = SPEECH_FROM
    speech_until: float = SPEECH_UNTIL
    far_below_db: float = FAR_BELOW_DB
    far_for_ms: int = FAR_FOR_MS


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The customer began to speak; the turn's audio starts at `audio_from` (with its pre-roll)."""

    at: int
    audio_from: int


@dataclass(frozen=True, slots=True)
class SoftEnd:
    """The customer paused: recognise `audio_from` to `at` now, as `revision`; the turn may yet go on."""

    revision: int
    audio_from: int
    speech_end: int
    at: int
    voiced_samples: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The customer went on: what was heard of earlier revisions is void, `revision` is the one being spoken."""

    revision: int
    at: int


@dataclass(frozen=True, slots=True)
class Commit:
    """The turn is over. Its words are those of `revision`; `capped` when it ran into the longest turn."""

    revision: int
    audio_from: int
    speech_end: int
    at: int
    voiced_samples: int
    capped: bool = False


@dataclass(frozen=True, slots=True)
class NoSpeech:
    """Nothing was said for long, or the customer pressed "done" without having spoken."""

    at: int


TurnEvent = SpeechStarted | SoftEnd | Resumed | Commit | NoSpeech


class _State(Enum):
    WAITING = auto()
    HEARING = auto()
    PAUSED = auto()
    DONE = auto()


class TurnTaking:
    """Follows one session's microphone, turn after turn.

    Revisions rise by one over the whole session, so words that arrive late can never be taken for a later turn's.
    """

    def __init__(self, *, options: TurnOptions = TurnOptions()) -> None:
        self._options = options
        self._revision = 0
        self._arm(0)

    def hear(self, window: SpeechWindow) -> list[TurnEvent]:
        """Take in the next window and return what follows from it, in order.

        A window that starts before the last `rearm` is not looked at: it holds the reply's own sound.
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
            # Whoever presses "done" has spoken, however little of it is voice so far.
            started = self._begin(at)
            return [started, self._commit(at)]
        return [self._commit(at)]

    def transcript(self, revision: int, text: str) -> None:
        """Take in what the speculative recognition of `revision` heard: the words tell how long to wait for more."""
        if self._state is not _State.PAUSED or revision != self._revision:
            return
        self._commit_after = samples(
            {
                Ending.OPEN: self._options.commit_after_open_ms,
                Ending.COMMA: self._options.commit_after_comma_ms,
                Ending.CLAUSE: self._options.commit_after_clause_ms,
                Ending.PLAIN: self._options.commit_ms,
            }[ending_of(text)]
        )

    def rearm(self, at: int) -> None:
        """Listen for the next turn, from the position `at` on: the reply has been shown. An open turn is given up."""
        self._arm(at)

    def _arm(self, at: int) -> None:
        self._state = _State.WAITING
        self._armed_at = at
        self._run = 0  # voiced windows in a row, up to the latest
        self._run_from = at
        self._voiced = 0
        self._audio_from = at
        self._speech_end = at
        self._level_db: float | None = None  # of the customer's voice
        self._near_end = at  # after the last voice as loud as the customer's
        self._commit_after = samples(self._options.commit_ms)

    def _count(self, window: SpeechWindow) -> None:
        """Keep the run of voiced windows; the threshold to stay in speech is lower than the one to enter it."""
        speaking = self._state is _State.HEARING
        threshold = self._options.speech_until if speaking else self._options.speech_from
        if window.probability >= threshold and not self._far(window):
            if not self._run:
                self._run_from = window.start
            self._run += 1
        else:
            self._run = 0

    def _far(self, window: SpeechWindow) -> bool:
        """Tell whether a voice has long been too faint to be the customer's."""
        if not self._faint(window):
            self._near_end = window.end
            return False
        if window.end - self._near_end < samples(self._options.far_for_ms):
            return False
        self._speech_end = min(self._speech_end, self._near_end)  # what was taken for a sinking voice was none
        return True

    def _faint(self, window: SpeechWindow) -> bool:
        """Tell whether a voice is far below the customer's, once that one is known; follow the customer's."""
        if window.level_db is None or self._state is _State.WAITING:
            return False
        if self._level_db is None:
            self._level_db = window.level_db
        distance = self._level_db - window.level_db
        if distance < self._options.far_below_db / 2:
            rise = 1.0 if distance < 0 and self._voiced < LEVEL_SETTLES_SAMPLES else LEVEL_SMOOTHING
            self._level_db -= rise * distance
        return distance > self._options.far_below_db

    def _wait(self, window: SpeechWindow) -> list[TurnEvent]:
        if self._run >= self._options.start_windows:
            return [self._begin(window.end)]
        if not self._run and window.end - self._armed_at >= samples(self._options.no_speech_ms):
            return self._give_up(window.end)
        return []

    def _follow(self, window: SpeechWindow) -> list[TurnEvent]:
        events: list[TurnEvent] = []
        if self._state is _State.HEARING and self._run:
            self._extend(window.end, voiced=WINDOW_SAMPLES)
        elif self._state is _State.PAUSED and self._run >= self._options.resume_windows:
            self._state = _State.HEARING
            self._revision += 1
            self._extend(window.end, voiced=self._run * WINDOW_SAMPLES)
            self._commit_after = samples(self._options.commit_ms)
            events.append(Resumed(self._revision, window.end))
        if window.end - self._audio_from >= self._options.max_turn_seconds * SAMPLE_RATE:
            return [*events, self._commit(window.end, capped=True)]
        silence = window.end - self._speech_end
        if self._state is _State.HEARING and silence >= samples(self._options.soft_end_ms):
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
        self._audio_from = max(self._armed_at, self._run_from - samples(self._options.pre_roll_ms))
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
