"""The edge's errors; their words for guests are in `pilot/words/edge.*.toml`, by `code`."""

from __future__ import annotations

from pilot.errors import PilotError


class EdgeError(PilotError):
    """The root of the edge's errors.

    Attributes:
        code: Identifies the error on the wire and its words.
    """

    def __init__(self, what: str, *, code: str, remedy: str, retryable: bool = False) -> None:
        super().__init__(what, remedy=remedy, retryable=retryable)
        self.code = code


class ProtocolFault(EdgeError):
    """A message breaks the protocol: it is answered and counted, and otherwise ignored."""

    def __init__(self, what: str, *, code: str = "invalid_message") -> None:
        super().__init__(what, code=code, remedy="See docs/protocol.md.")


class TooLarge(ProtocolFault):
    """A message or frame is above its limit."""

    def __init__(self, what: str) -> None:
        super().__init__(what, code="too_large")


class NotNow(EdgeError):
    """A well-formed request cannot be served at the moment; it does not count as a fault."""

    def __init__(self, what: str, *, code: str, retryable: bool = True) -> None:
        super().__init__(what, code=code, remedy="Try again in a moment.", retryable=retryable)


class SnapshotRefused(EdgeError):
    """A snapshot is damaged, foreign, too old or of another version."""

    def __init__(self, what: str) -> None:
        super().__init__(what, code="snapshot_refused", remedy="Begin a new session.")


class SessionErased(EdgeError):
    """A session was erased meanwhile, perhaps from another tab: nothing more of it is recorded."""

    def __init__(self) -> None:
        super().__init__("The session was erased.", code="erased", remedy="Begin a new session.")


class NotRecorded(EdgeError):
    """An event could not be written to the disk, so it must not be acknowledged."""

    def __init__(self) -> None:
        super().__init__(
            "An event could not be recorded.",
            code="not_saved",
            remedy="Resume with the last snapshot.",
            retryable=True,
        )


class BudgetSpent(EdgeError):
    """A session has written more events than any talk needs."""

    def __init__(self) -> None:
        super().__init__("The session's events are spent.", code="too_many", remedy="Scan the code again.")


class CodesUnknown(EdgeError):
    """The store is away and the code is not cached."""

    def __init__(self) -> None:
        super().__init__(
            "The store is away and this code is not cached.",
            code="maintenance",
            remedy="Try again in a few minutes.",
            retryable=True,
        )
