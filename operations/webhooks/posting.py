"""Posts a webhook to the checked address, over trusted TLS, without redirects, in limited time.

The name is resolved once, every address is checked, and the connection goes to a checked address: a name that leads
elsewhere a moment later (DNS rebinding) changes nothing. The answer's body is not read.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore

from operations.webhooks.addresses import (
    Address,
    ForbiddenAddress,
    Resolver,
    Unresolved,
    is_public,
    public_addresses,
    resolved,
)
from storage.store.outgoing.webhook_deliveries import Outcome

TOTAL_SECONDS = 10.0  # From the connection to the answer's head.
MOST_BYTES = 64 * 1024
OK = range(200, 300)
REDIRECTS = range(300, 400)
GONE = 410
HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a post, and the HTTP status; 0 without an answer."""

    outcome: Outcome
    status: int = 0


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts webhooks.

    Attributes:
        resolve: Returns the addresses of a name.
        is_allowed: Returns whether an address may be connected to.
        total_seconds: The time limit of one post.
    """

    resolve: Resolver = resolved
    is_allowed: Callable[[Address], bool] = is_public
    total_seconds: float = TOTAL_SECONDS

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post a body and return the outcome; it raises nothing for a fault of the receiver."""
        if len(body) > MOST_BYTES:
            raise ValueError(f"expected at most {MOST_BYTES} bytes, found {len(body)}")
        deadline = time.monotonic() + self.total_seconds
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or HTTPS_PORT
            address = public_addresses(host, port, resolve=self.resolve, is_allowed=self.is_allowed)[0]
            backend = _CheckedBackend(address, deadline=deadline)
            with httpcore.ConnectionPool(
                ssl_context=ssl.create_default_context(), network_backend=backend, retries=0, http2=False
            ) as pool:
                limits = dict.fromkeys(("connect", "read", "write", "pool"), self.total_seconds)
                with pool.stream(
                    "POST", url, headers=[*headers.items()], content=body, extensions={"timeout": limits}
                ) as response:
                    return _answer(response.status)
        except ForbiddenAddress:
            return Answer("forbidden_address")
        except Unresolved:
            return Answer("unresolved")
        except httpcore.TimeoutException:
            return Answer("too_slow")
        except httpcore.ConnectError as error:
            return Answer("insecure" if _is_tls(error) else "unreachable")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return Answer("broken_off")


def _answer(status: int) -> Answer:
    if status in OK:
        return Answer("ok", status)
    if status in REDIRECTS:
        return Answer("redirect", status)
    return Answer("gone" if status == GONE else "status", status)


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to the checked address; TLS still checks the certificate of the name."""

    def __init__(self, address: str, *, deadline: float) -> None:
        self._address = address
        self._real = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the checked address, whatever the name leads to by now."""
        stream = self._real.connect_tcp(
            self._address, port, timeout=_left(self._deadline), socket_options=socket_options
        )
        return _LimitedStream(stream, deadline=self._deadline)


class _LimitedStream(httpcore.NetworkStream):
    """A stream with one deadline for all its operations: a receiver that drips cannot hold it open."""

    def __init__(self, stream: httpcore.NetworkStream, *, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within the deadline."""
        return self._stream.read(max_bytes, timeout=_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write within the deadline."""
        self._stream.write(buffer, timeout=_left(self._deadline))

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Begin TLS within the deadline."""
        secured = self._stream.start_tls(ssl_context, server_hostname, timeout=_left(self._deadline))
        return _LimitedStream(secured, deadline=self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return what the stream knows of itself."""
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
