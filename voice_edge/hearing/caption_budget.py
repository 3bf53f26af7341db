"""How much of the recogniser captions may take: they must not make the answers of others late.

A recognition that runs cannot be stopped, so a final that arrives during one for captions waits for its end. Therefore
only one runs at a time in the whole replica, and after each the recogniser is left alone for twice as long as it took.
"""

from __future__ import annotations

from voice_edge.clock import Clock

REST_AFTER_CAPTION = 2.0  # Times its own duration: captions take at most a third of the recogniser.


class CaptionBudget:
    """The one slot for captions of a replica."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._began: float | None = None
        self._free_at = clock.monotonic()

    def take(self) -> bool:
        """Take the slot; False where it is taken or resting. Who takes it gives it back."""
        now = self._clock.monotonic()
        if self._began is not None or now < self._free_at:
            return False
        self._began = now
        return True

    def give_back(self) -> None:
        """Free the slot, after its rest."""
        if self._began is not None:
            now = self._clock.monotonic()
            self._free_at = now + (now - self._began) * REST_AFTER_CAPTION
            self._began = None
