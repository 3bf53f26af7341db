"""The limits of a replica's TCP connections, derived from the files that its process may open."""

from __future__ import annotations

import resource
from dataclasses import dataclass

WANTED_FILES = 8_192
RESERVED_FILES = 256  # The store, logs, landing, weights, and connections to Redis, Stripe and the model.
LEAST_CONNECTIONS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """The limits of connections before and beside their sessions.

    Attributes:
        connections: All connections of the replica.
        connections_of_address: Of one address that is no trusted proxy: a café's Wi-Fi with forty phones.
        header_seconds: From connecting, or from a request's first byte, to the end of its headers.
        header_bytes: Request line and headers; `/v1/rest` carries a snapshot of up to 96 KiB among them.
        request_seconds: From the end of the headers to the end of the body; an upload itself has 30 s.
        response_seconds: From the end of the request to the end of its response.
        idle_seconds: Without a request on a connection that is kept alive.
    """

    connections: int
    connections_of_address: int = 256
    header_seconds: float = 10.0
    header_bytes: int = 128 * 1024
    request_seconds: float = 40.0
    response_seconds: float = 60.0
    idle_seconds: float = 10.0

    @property
    def sessions(self) -> int:
        """Return the most conversations, so that pages and receipts are served beside them."""
        return self.connections * 3 // 4


def socket_limits(files: int) -> SocketLimits:
    """Return the limits of a process that may open `files` files."""
    return SocketLimits(connections=max(LEAST_CONNECTIONS, files - RESERVED_FILES))


def open_files_limit() -> int:
    """Return the number of files that this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED_FILES if soft == resource.RLIM_INFINITY else soft


def raise_files_limit() -> int:
    """Raise this process's limit of open files as far as is wanted and allowed; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return open_files_limit()
