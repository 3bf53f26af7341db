"""A flagged replica hands new guests on: the proxy repeats their request at another replica.

A file named `drain-REPLICA` in the home's run folder is the flag. It fails the health check as well, for proxies that
ask it. Guests in conversation finish theirs here; forms are still taken, because the proxy cannot repeat them.
"""

from __future__ import annotations

from pathlib import Path

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from voice_edge.edge import Edge

HEADER, VALUE = "X-Pilot-Replica", "leaving"
STATUS = 425  # Of nothing else here: the proxy takes a replica that answers with it out of its choice.
FOR_MACHINES = ("/health/", "/metrics")
READING = ("GET", "HEAD")
TEXT = "Vi är strax tillbaka. Försök igen om en liten stund.\n"


def flag_file(folder: Path, replica: str) -> Path:
    """Return the path of a replica's flag."""
    return folder / f"drain-{replica}"


def is_flagged(folder: Path, replica: str) -> bool:
    """Return whether a replica is flagged."""
    return flag_file(folder, replica).exists()


class Leaving:
    """Answers what a guest begins with a status of its own and the header, while the replica is flagged."""

    def __init__(self, app: ASGIApp, *, edge: Edge) -> None:
        self._app = app
        self._edge = edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or hand on one request or WebSocket."""
        begins = scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] in READING)
        if not begins or scope["path"].startswith(FOR_MACHINES) or not self._edge.leaving():
            await self._app(scope, receive, send)
            return
        answer = PlainTextResponse(TEXT, status_code=STATUS, headers={HEADER: VALUE, "Retry-After": "5"})
        await answer(scope, receive, send)  # Before a WebSocket is accepted, Starlette sends it as its HTTP answer.
