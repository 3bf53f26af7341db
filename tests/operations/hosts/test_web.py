"""A host answers over HTTPS only, with the security headers, and passes the WebSocket."""

from __future__ import annotations

import http
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.server import serve

from operations.checks.running import run_checks
from operations.hosts.names import PublicHost, public_hosts
from operations.hosts.verification import host_checks
from operations.hosts.web import check_headers, check_redirect, check_websocket
from pilot.settings import Settings
from storage.cafes_file import read_cafes
from tests.answering import Answer, answering

NAME = "aurora.feedbackai.se"
SECURE = {
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
ServingAs = Callable[..., ssl.SSLContext]


def test_the_hosts_are_the_cafes_and_the_operators() -> None:
    hosts = public_hosts(read_cafes(Path("cafes.toml")))
    assert [host.name for host in hosts] == [
        "aurora.feedbackai.se",
        "malmohuset.feedbackai.se",
        "goteborg.feedbackai.se",
        "staging.feedbackai.se",
    ]
    checks = host_checks(hosts, settings=Settings())
    assert sum(check.name.startswith("websocket") for check in checks) == 3
    assert len(checks) == 4 * 4 + 3


@pytest.mark.parametrize(
    ("answer", "ok"),
    [
        (Answer(308, headers={"Location": f"https://{NAME}/"}), True),
        (Answer(301, headers={"Location": f"https://{NAME}/c/A"}), True),
        (Answer(200, b"plain"), False),
        (Answer(302, headers={"Location": f"https://{NAME}/"}), False),
        (Answer(308, headers={"Location": f"http://{NAME}/"}), False),
        (Answer(308, headers={"Location": "https://other.example/"}), False),
    ],
)
def test_http_leads_to_https_at_the_same_name(answer: Answer, ok: bool) -> None:
    with answering({"/": answer}) as server:
        finding = check_redirect(PublicHost(NAME, address="127.0.0.1", http_port=server.port))
    assert finding.ok is ok, finding
    assert server.requests[0][2]["Host"] == NAME


@pytest.mark.parametrize("missing", [None, *SECURE])
def test_every_security_header_is_required(serving_as: ServingAs, trust: ssl.SSLContext, missing: str | None) -> None:
    headers = {name: value for name, value in SECURE.items() if name != missing}
    with answering({"/": Answer(headers=headers)}, tls=serving_as(NAME)) as server:
        finding = check_headers(PublicHost(NAME, address="127.0.0.1", https_port=server.port), trust=trust)
    assert finding.ok is (missing is None), finding
    assert missing is None or missing.lower() in finding.found


def test_headers_behind_a_certificate_that_is_not_trusted_are_not_read(serving_as: ServingAs) -> None:
    with answering({"/": Answer(headers=SECURE)}, tls=serving_as(NAME)) as server:
        finding = check_headers(PublicHost(NAME, address="127.0.0.1", https_port=server.port))
    assert "no answer over TLS" in finding.found
    assert "pilot certs" in finding.remedy


@contextmanager
def sockets(tls: ssl.SSLContext, *, refuse: bool) -> Iterator[int]:
    def process(connection, request):
        return connection.respond(http.HTTPStatus.BAD_GATEWAY, "no upgrade") if refuse else None

    with serve(lambda socket: list(socket), "127.0.0.1", 0, ssl=tls, process_request=process) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("refuse", [False, True])
def test_the_websocket_passes_the_proxy(serving_as: ServingAs, trust: ssl.SSLContext, refuse: bool) -> None:
    with sockets(serving_as(NAME), refuse=refuse) as port:
        finding = check_websocket(PublicHost(NAME, cafe="aurora", address="127.0.0.1", https_port=port), trust=trust)
    assert finding.ok is not refuse, finding
    assert finding.found == ("no upgrade (InvalidStatus)" if refuse else "101, and a pong")


def test_every_check_of_hosts_that_are_away_is_a_failure_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.hosts.addresses.QUERY_SECONDS", 0.1)
    hosts = [PublicHost(NAME, cafe="aurora", address="127.0.0.1", https_port=9, http_port=9)]
    settings = Settings(server_address="203.0.113.9", resolvers="127.0.0.1:9,127.0.0.1:9")
    found = run_checks(host_checks(hosts, settings=settings))
    assert [finding.state for finding in found] == ["not_ok"] * 5
    assert all(finding.remedy and finding.required for finding in found)
