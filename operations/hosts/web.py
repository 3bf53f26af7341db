"""Checks a host's web answers: the redirect to HTTPS, the security headers, the WebSocket upgrade."""

from __future__ import annotations

import socket
import ssl

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin

from operations.checks.finding import Finding, judged
from operations.hosts.names import HTTPS_PORT, PublicHost

TIMEOUT_SECONDS = 5.0
REDIRECTS = frozenset({301, 307, 308})
SOCKET_PATH = "/ws/v1"
NO_SNIFFING = ("x-content-type-options", "nosniff")
REQUIRED_HEADERS = ("strict-transport-security", "content-security-policy", "referrer-policy", NO_SNIFFING[0])


def check_redirect(host: PublicHost) -> Finding:
    """Check that HTTP leads to HTTPS at the same name, and only redirects."""
    name, required = f"redirect {host.name}", f"301 or 308 to https://{host.name}"
    try:
        url = f"http://{host.address or host.name}:{host.http_port}/"
        answer = httpx.get(url, headers={"Host": host.name}, timeout=TIMEOUT_SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        return judged(
            name,
            ok=False,
            found=f"port {host.http_port} does not answer ({type(error).__name__})",
            required=required,
            remedy="Open port 80, and let the proxy redirect it to HTTPS.",
        )
    target = httpx.URL(answer.headers.get("location", ""))
    return judged(
        name,
        ok=answer.status_code in REDIRECTS and target.scheme == "https" and target.host == host.name,
        found=f"{answer.status_code}" + (f" to {target}" if answer.has_redirect_location else ""),
        required=required,
        remedy="Let the proxy redirect HTTP to HTTPS.",
    )


def check_headers(host: PublicHost, *, trust: ssl.SSLContext | None = None) -> Finding:
    """Check the security headers of the host's first page."""
    name, required = f"headers {host.name}", ", ".join(REQUIRED_HEADERS)
    # A host without its own address resolves as a browser's; with one, TLS still verifies the name.
    url = f"https://{host.address or host.name}:{host.https_port}/"
    try:
        with httpx.Client(
            verify=trust or ssl.create_default_context(), timeout=TIMEOUT_SECONDS, trust_env=False
        ) as client:
            answer = client.get(url, headers={"Host": host.name}, extensions={"sni_hostname": host.name})
    except httpx.HTTPError as error:
        return judged(
            name,
            ok=False,
            found=f"no answer over TLS ({type(error).__name__})",
            required=required,
            remedy="Mend the certificate first: `pilot certs`.",
        )
    missing = [each for each in REQUIRED_HEADERS if each not in answer.headers]
    if answer.headers.get(NO_SNIFFING[0]) not in (None, NO_SNIFFING[1]):
        missing.append(f"{NO_SNIFFING[0]}: {NO_SNIFFING[1]}")
    framed = answer.headers.get("x-frame-options") or "frame-ancestors" in answer.headers.get(
        "content-security-policy", ""
    )
    if not framed:
        missing.append("x-frame-options")
    return judged(
        name,
        ok=not missing and answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR,
        found=f"status {answer.status_code}, {'missing ' + ', '.join(missing) if missing else 'all set'}",
        required=required,
        remedy="The edge sets them if the proxy, an address of PILOT_TRUSTED_PROXIES, passes X-Forwarded-Proto: https.",
    )


def check_websocket(host: PublicHost, *, trust: ssl.SSLContext | None = None) -> Finding:
    """Open the conversation's WebSocket through the proxy and wait for the pong to a ping."""
    name, required = f"websocket {host.name}", "101, and a pong"
    port = "" if host.https_port == HTTPS_PORT else f":{host.https_port}"
    try:
        # The connection is made here: a host may have an address of its own.
        plain = socket.create_connection((host.address or host.name, host.https_port), timeout=TIMEOUT_SECONDS)
        with connect(
            f"wss://{host.name}{port}{SOCKET_PATH}",
            sock=plain,
            ssl=trust or ssl.create_default_context(),
            server_hostname=host.name,
            origin=Origin(f"https://{host.name}{port}"),
            open_timeout=TIMEOUT_SECONDS,
            close_timeout=1.0,
        ) as talking:
            answered = talking.ping().wait(TIMEOUT_SECONDS)
    except (OSError, WebSocketException) as error:
        return judged(
            name,
            ok=False,
            found=f"no upgrade ({type(error).__name__})",
            required=required,
            remedy="Let the proxy pass Upgrade and Connection, and no timeout below a minute.",
        )
    return judged(
        name,
        ok=answered,
        found="101, and a pong" if answered else "101, no pong",
        required=required,
        remedy="See the edge's log.",
    )
