"""The root of every error that a person may see: what is wrong, what was expected, what to do."""

from __future__ import annotations


class PilotError(Exception):
    """An error whose text is safe to show: no personal data, no traceback needed.

    Attributes:
        what: What is wrong, naming the field or place and the kind of value found.
        remedy: What to do about it.
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
