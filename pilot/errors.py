"""The root of every error that a person may see: the fault, what was expected, and the remedy."""

from __future__ import annotations


class PilotError(Exception):
    """An error whose text is safe to show: no personal data, no traceback needed.

    Attributes:
        what: The fault, naming the field or place and the kind of value found.
        remedy: The next step for the reader.
        retryable: Whether the same call may succeed later without a change.
    """

    def __init__(self, what: str, *, remedy: str, retryable: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}"


class InvalidCafes(PilotError):
    """The cafés' file cannot be used."""


class InvalidSettings(PilotError):
    """A PILOT_* setting is unknown or has a value of the wrong kind."""


class InvalidDay(PilotError):
    """A text is not a day."""


class InvalidEvent(PilotError):
    """A raw event breaks the contract."""
