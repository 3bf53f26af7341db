"""The errors of this room; their texts are safe to show."""

from __future__ import annotations

from pilot.errors import PilotError


class HearingError(PilotError):
    """The root of this room's errors."""


class WeightsDamaged(HearingError):
    """The recogniser's weights are missing or are not the ones that were measured."""


class RecogniserBusy(HearingError):
    """The recogniser's queue is full.

    Attributes:
        retry_after_s: Seconds until a retry may succeed.
    """

    def __init__(self, *, waiting: int, retry_after_s: float) -> None:
        super().__init__(
            f"The recogniser has {waiting} turns waiting, which is all it takes.",
            remedy=f"Try again in {retry_after_s:.0f} s, or write instead.",
            retryable=True,
        )
        self.retry_after_s = retry_after_s


class RecogniserClosed(HearingError):
    """The recogniser was not started, or has been closed."""


class RecognitionFailed(HearingError):
    """One recognition failed; the next may succeed."""


class RecognitionAbandoned(HearingError):
    """The recognition is no longer needed: the customer continued to speak, or left."""

    def __init__(self) -> None:
        super().__init__("Nobody waits for this recognition any more.", remedy="Nothing needs to be done.")
