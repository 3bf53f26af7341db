"""The edge's limits of sizes, rates and times, as one object."""

from __future__ import annotations

from dataclasses import dataclass

from voice_edge.clock import Clock

MAX_HELLO_BYTES = 96 * 1024  # A hello may carry the snapshot of a long talk.
MAX_SOCKET_MESSAGE_BYTES = 256 * 1024  # Above this the WebSocket library itself closes, with 1009.


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one session and one replica.

    Attributes:
        message_bytes: Largest JSON message other than `hello`.
        frame_bytes: Largest audio frame.
        text_characters: Longest typed or edited turn.
        messages_per_second: Steady rate of JSON messages; `messages_burst` may come at once.
        frames_per_second: Steady rate of audio frames, at least 20 ms each; `frames_burst` may be resent at once.
        ahead_seconds: How far audio may run ahead of the clock: a whole turn, which a page resends after a resume.
        faults: Protocol faults after which the session is closed.
        client_errors: Browser errors recorded per session.
        hello_seconds: From connecting to `hello`.
        idle_seconds: Without speech, typing or a tap.
        total_seconds: A session from its first page to its end.
        speech_seconds: Speech of one session, after which the talk ends with thanks.
        turns: Turns of one session, repeated questions included.
        follow_ups: Follow-up questions of one session.
        ask_again: Times that an unclear or silent turn is asked again before writing is suggested.
        recognition_seconds: Cap of one recognition, queue included.
        reply_seconds: Cap of one reply. A turn is answered, asked again or closed within the sum of both.
        shown_wait_seconds: Longest wait for `shown` before listening again.
        open_sessions: Connections of one replica.
    """

    message_bytes: int = 16 * 1024
    frame_bytes: int = 8 * 1024
    text_characters: int = 2_000
    messages_per_second: float = 20.0
    messages_burst: int = 60
    frames_per_second: float = 50.0
    frames_burst: int = 2_500
    ahead_seconds: float = 50.0
    faults: int = 5
    client_errors: int = 10
    hello_seconds: float = 10.0
    idle_seconds: float = 120.0
    total_seconds: float = 15 * 60.0
    speech_seconds: float = 180.0
    turns: int = 12
    follow_ups: int = 2
    ask_again: int = 2
    recognition_seconds: float = 8.0
    reply_seconds: float = 10.0
    shown_wait_seconds: float = 4.0
    open_sessions: int = 1_200


class Allowance:
    """A token bucket."""

    def __init__(self, *, rate: float, burst: float, clock: Clock) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock.monotonic()

    def take(self, amount: float = 1.0) -> bool:
        """Take `amount` tokens; return False and take none if there are fewer."""
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < amount:
            return False
        self._tokens -= amount
        return True
