"""The close codes that the edge sends to the page."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """The reason for closing a connection."""

    DONE = 1000
    GOING_AWAY = 1001
    PROTOCOL = 4400
    NOT_NOW = 4403
    UNKNOWN_CODE = 4404
    TIME_LIMIT = 4408
    REPLACED = 4409
    TOO_LARGE = 4413
    TOO_MANY = 4429
    MAINTENANCE = 4503
