"""Probes: each looks at one thing as a guest or a manager would, and says whether it was what it should be.

None of them leaves a trace in the figures: the WebSocket is opened and answered at its own level, before a session;
the receipt asked for is one that nobody has.
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
# Nobody's receipt: the page that says so is the edge's and has asked the store. 429 is the same door, busy.
RECEIPT_PATH = "/r/probe"
RECEIPT_STATUSES = frozenset({404, 429})
RECEIPT_MARK = ("x-robots-tag", "noindex")
HEALTHY = "ok"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one look found.

    Attributes:
        failure: How it failed; empty where it was good.
        status: The answer's status, where there was one.
    """

    failure: ProbeFailure = ""
    status: int | None = None

    @property
    def ok(self) -> bool:
        """Return whether it was good."""
        return not self.failure


ProbeCall = Callable[[], ProbeResult]


def open_client() -> httpx.Client:
    """Return a client without a memory between probes: no cookies kept alive, a new connection each time."""
    return httpx.Client(
        timeout=TIMEOUT_SECONDS,
        follow_redirects=True,
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"user-agent": "pilot-watch/1", "accept-language": "sv,en;q=0.5"},
    )


def timed(target: str, look: ProbeCall, *, every_seconds: int, clock: Callable[[], float] = time.perf_counter) -> Probe:
    """Look once; what cannot be reached is a failed probe, never an error.

    Args:
        target: What is looked at, as the contract names it.
        look: Looks.
        every_seconds: How often this is done: the time that one probe stands for.
        clock: Seconds, for the duration.
    """
    began = clock()
    seen = _seen(look)
    return Probe(
        target=target,
        ok=seen.ok,
        status=seen.status,
        duration_ms=max(0.0, (clock() - began) * 1000.0),
        every_seconds=every_seconds,
        failure=seen.failure,
    )


def _seen(look: ProbeCall) -> ProbeResult:
    """Look, and name what went wrong where nothing that could be judged came back."""
    try:
        return look()
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


def _judged(status: int, *, wanted: Collection[int], right: bool) -> ProbeResult:
    """Return what an answer is worth: its status first, then what it says."""
    if status not in wanted:
        return ProbeResult("wrong_status", status)
    return ProbeResult("" if right else "wrong_answer", status)


def customer_page(page: Page, *, client: httpx.Client) -> ProbeResult:
    """Open a café's page: good when it answers with 200 and shows its name; another page in its place is down, too."""
    answer = client.get(page.url)
    return _judged(answer.status_code, wanted=OK_STATUSES, right=page.name in html.unescape(answer.text))


def websocket(base: str) -> ProbeResult:
    """Open the conversation's socket and wait for its answer to a ping, through every proxy in between."""
    parts = urlsplit(base)
    scheme = "wss" if parts.scheme == "https" else "ws"
    url = urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + SOCKET_PATH, "", ""))
    origin = Origin(f"{parts.scheme}://{parts.netloc}")
    with connect(url, origin=origin, open_timeout=TIMEOUT_SECONDS, close_timeout=1.0, proxy=None) as socket:
        answered = socket.ping().wait(TIMEOUT_SECONDS)
    return ProbeResult("" if answered else "timed_out")


def receipt(base: str, *, client: httpx.Client) -> ProbeResult:
    """Ask for a receipt that nobody has: good when the edge's own page says so."""
    answer = client.get(base + RECEIPT_PATH)
    name, value = RECEIPT_MARK
    return _judged(answer.status_code, wanted=RECEIPT_STATUSES, right=answer.headers.get(name) == value)


def dashboards(base: str, *, client: httpx.Client) -> ProbeResult:
    """Ask the managers' pages whether they are well."""
    answer = client.get(f"{base}/_stcore/health")
    return _judged(answer.status_code, wanted=OK_STATUSES, right=answer.text.strip() == HEALTHY)


def ollama(base: str, *, client: httpx.Client) -> ProbeResult:
    """Ask the language model's server for its version."""
    answer = client.get(f"{base}/api/version")
    return _judged(answer.status_code, wanted=OK_STATUSES, right=_names_a_version(answer))


def _names_a_version(answer: httpx.Response) -> bool:
    try:
        told = answer.json()
    except ValueError:
        return False
    return isinstance(told, dict) and bool(told.get("version"))
