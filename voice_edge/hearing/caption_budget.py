"""The recogniser time that captions may use, so that they do not delay replies.

A running recognition cannot be stopped, so a final that arrives during a caption waits for the caption's end. Therefore
a replica runs one caption at a time, and after each caption waits for twice its duration before the next.
"""

from __future__ import annotations

from voice_edge.clock import Clock

REST_AFTER_CAPTION = 2.0  # Times its duration: captions use at most a third of the recogniser.


class CaptionBudget:
    """The only caption slot of a replica."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._began: float | None = None
        self._free_at = clock.monotonic()

    def acquire(self) -> bool:
        """Acquire the slot; return False if it is in use or resting. The caller must release it."""
        now = self._clock.monotonic()
        if self._began is not None or now < self._free_at:
            return False
        self._began = now
        return True

    def release(self) -> None:
        """Release the slot; it is free after its rest."""
        if self._began is not None:
            now = self._clock.monotonic()
            self._free_at = now + (now - self._began) * REST_AFTER_CAPTION
            self._began = None
