"""Probes: each requests one part of the service as a guest or manager would, and checks the answer.

No probe affects the figures: the WebSocket is pinged before a session begins, and the requested receipt does not exist.
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import httpx
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin

from operations.watch.probes.pages import Page
from pilot.events import Probe, ProbeFailure

TIMEOUT_SECONDS = 8.0
OK_STATUSES = frozenset({200})
SOCKET_PATH = "/ws/v1"
# A receipt that does not exist: the edge's own page says so after a query of the store. 429 is the same page, rate
# limited.
RECEIPT_PATH = "/r/probe"
RECEIPT_STATUSES = frozenset({404, 429})
RECEIPT_MARK = ("x-robots-tag", "noindex")
HEALTHY = "ok"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of one probe.

    Attributes:
        failure: The kind of failure; empty on success.
        status: The HTTP status; None without an answer.
    """

    failure: ProbeFailure = ""
    status: int | None = None

    @property
    def ok(self) -> bool:
        """Return whether the probe succeeded."""
        return not self.failure


ProbeCall = Callable[[], ProbeResult]


def open_client() -> httpx.Client:
    """Return a client without kept-alive connections: each probe opens a new one."""
    return httpx.Client(
        timeout=TIMEOUT_SECONDS,
        follow_redirects=True,
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"user-agent": "pilot-watch/1", "accept-language": "sv,en;q=0.5"},
    )


def run_probe(
    target: str, call: ProbeCall, *, every_seconds: int, clock: Callable[[], float] = time.perf_counter
) -> Probe:
    """Run one probe; an unreachable target is a failed probe, never an error.

    Args:
        target: The target's name in the contract.
        call: Makes the request.
        every_seconds: Interval between probes: the time that one probe represents.
        clock: A monotonic clock in seconds.
    """
    began = clock()
    result = _attempt(call)
    return Probe(
        target=target,
        ok=result.ok,
        status=result.status,
        duration_ms=max(0.0, (clock() - began) * 1000.0),
        every_seconds=every_seconds,
        failure=result.failure,
    )


def _attempt(call: ProbeCall) -> ProbeResult:
    """Make the request; translate exceptions into kinds of failure."""
    try:
        return call()
    except InvalidStatus as refused:
        return ProbeResult("wrong_status", refused.response.status_code)
    except (httpx.TimeoutException, TimeoutError):
        return ProbeResult("timed_out")
    except (httpx.ConnectError, httpx.InvalidURL):
        return ProbeResult("unreachable")
    except (httpx.HTTPError, WebSocketException, ConnectionResetError, BrokenPipeError, EOFError):
        return ProbeResult("broken_off")
    except (OSError, ValueError):
        return ProbeResult("unreachable")


def _result(status: int, *, wanted: Collection[int], right: bool) -> ProbeResult:
    """Return the result for an answer: its status is checked first, then its content."""
    if status not in wanted:
        return ProbeResult("wrong_status", status)
    return ProbeResult("" if right else "wrong_answer", status)


def customer_page(page: Page, *, client: httpx.Client) -> ProbeResult:
    """Open a café's page; succeed if it answers with 200 and shows the café's name."""
    answer = client.get(page.url)
    return _result(answer.status_code, wanted=OK_STATUSES, right=page.name in html.unescape(answer.text))


def websocket(base: str) -> ProbeResult:
    """Open the conversation's WebSocket and wait for the pong to a ping, through every proxy."""
    parts = urlsplit(base)
    scheme = "wss" if parts.scheme == "https" else "ws"
    url = urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + SOCKET_PATH, "", ""))
    origin = Origin(f"{parts.scheme}://{parts.netloc}")
    with connect(url, origin=origin, open_timeout=TIMEOUT_SECONDS, close_timeout=1.0, proxy=None) as socket:
        answered = socket.ping().wait(TIMEOUT_SECONDS)
    return ProbeResult("" if answered else "timed_out")


def receipt(base: str, *, client: httpx.Client) -> ProbeResult:
    """Request a receipt that does not exist; succeed if the edge's own page answers."""
    answer = client.get(base + RECEIPT_PATH)
    name, value = RECEIPT_MARK
    return _result(answer.status_code, wanted=RECEIPT_STATUSES, right=answer.headers.get(name) == value)


def dashboards(base: str, *, client: httpx.Client) -> ProbeResult:
    """Request the health of the managers' pages."""
    answer = client.get(f"{base}/_stcore/health")
    return _result(answer.status_code, wanted=OK_STATUSES, right=answer.text.strip() == HEALTHY)


def ollama(base: str, *, client: httpx.Client) -> ProbeResult:
    """Request the version of the language model's server."""
    answer = client.get(f"{base}/api/version")
    return _result(answer.status_code, wanted=OK_STATUSES, right=_has_version(answer))


def _has_version(answer: httpx.Response) -> bool:
    try:
        body = answer.json()
    except ValueError:
        return False
    return isinstance(body, dict) and bool(body.get("version"))
