"""The watchdog: a service outside expects a request each minute, and reports its absence.

It is sent only while the router's rounds succeed and nothing waits for long in the outbox. So it also covers what no
alert of the pilot can: that the watch, the host or its network is away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import structlog

EVERY = timedelta(seconds=60)
TIMEOUT_SECONDS = 10.0

_log = structlog.get_logger("operations.alerting")


class Heartbeat:
    """Requests one address, at most once a minute."""

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport
        self._last: datetime | None = None

    def __call__(self, *, now: datetime) -> bool:
        """Request it if it is due; return whether it was requested and answered."""
        if not self._url or (self._last is not None and now - self._last < EVERY):
            return False
        self._last = now
        try:
            with httpx.Client(transport=self._transport, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
                answer = client.get(self._url)
        except httpx.HTTPError as error:
            _log.warning("the heartbeat is not answered", kind=type(error).__name__)
            return False
        if not answer.is_success:
            _log.warning("the heartbeat is refused", status=answer.status_code)
        return answer.is_success
