"""A webhook goes to the checked address only, over trusted TLS, follows nothing, and ends in time."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from operations.system import free_port
from operations.webhooks.posting import MOST_BYTES, Answer, Poster
from tests.certificates import self_signed

HOST = "hooks.example"
LOCAL = "127.0.0.2"


@pytest.fixture(scope="session")
def hook_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("hooks") / "hooks.pem", names=(HOST,))


@pytest.fixture
def trusted(hook_certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SSL_CERT_FILE", str(hook_certificate))
    return hook_certificate


class Receiver:
    """Remembers what was posted, and answers as a test wants."""

    def __init__(self, status: int = 200, *, headers: dict[str, str] | None = None, hold: bool = False) -> None:
        self.status, self.headers = status, headers or {}
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.release = threading.Event()
        if not hold:
            self.release.set()


@contextmanager
def receiving(receiver: Receiver, certificate: Path) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.posts.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            receiver.release.wait(timeout=30)
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, *_: object) -> None:
            pass  # A client that hangs up or does not trust the certificate.

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Server((LOCAL, 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        receiver.release.set()
        server.shutdown()
        server.server_close()
        thread.join()


def poster(**options: Any) -> Poster:
    """Return a poster for which hooks.example is on this machine, and public."""
    return Poster(**{"resolve": lambda *_: [LOCAL], "is_allowed": lambda _: True, **options})


def post(port: int, poster: Poster, *, host: str = HOST) -> Answer:
    return poster.post(f"https://{host}:{port}/x?y=1", headers={"webhook-id": "msg_1"}, body=b'{"a":1}')


def test_a_post_arrives_at_the_checked_address_with_the_names_certificate(trusted: Path) -> None:
    receiver = Receiver()
    with receiving(receiver, trusted) as port:
        assert post(port, poster()) == Answer("ok", 200)
    ((path, headers, body),) = receiver.posts
    assert (path, body, headers["webhook-id"]) == ("/x?y=1", b'{"a":1}', "msg_1")
    assert headers["host"] == f"{HOST}:{port}"


@pytest.mark.parametrize(
    ("status", "expected"),
    [(204, "ok"), (400, "status"), (404, "status"), (410, "gone"), (429, "status"), (500, "status"), (503, "status")],
)
def test_only_2xx_is_a_delivery(status: int, expected: str, trusted: Path) -> None:
    with receiving(Receiver(status), trusted) as port:
        assert post(port, poster()) == Answer(expected, status)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int, trusted: Path) -> None:
    inner = Receiver()
    with receiving(inner, trusted) as inside:
        receiver = Receiver(status, headers={"Location": f"https://{HOST}:{inside}/inner"})
        with receiving(receiver, trusted) as port:
            assert post(port, poster()) == Answer("redirect", status)
    assert inner.posts == []


def test_a_certificate_must_be_trusted_and_of_the_name(hook_certificate: Path, trusted: Path) -> None:
    receiver = Receiver()
    with receiving(receiver, hook_certificate) as port, pytest.MonkeyPatch.context() as patch:
        assert post(port, poster(), host="other.example") == Answer("insecure")
        patch.delenv("SSL_CERT_FILE")
        assert post(port, poster()) == Answer("insecure")
    assert receiver.posts == []


def test_a_name_is_resolved_once_and_the_checked_address_is_used(trusted: Path) -> None:
    """DNS rebinding: the second answer would be another address."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return [LOCAL] if len(asked) == 1 else ["127.0.0.1"]

    with receiving(Receiver(), trusted) as port:
        assert post(port, poster(resolve=rebinding, is_allowed=lambda each: str(each) == LOCAL)).outcome == "ok"
    assert asked == [HOST]


def test_a_receiver_that_never_answers_is_left_in_time(trusted: Path) -> None:
    with receiving(Receiver(hold=True), trusted) as port:
        assert post(port, poster(total_seconds=0.3)) == Answer("too_slow")


def test_a_receiver_that_is_away_is_unreachable() -> None:
    assert post(free_port(), poster()) == Answer("unreachable")


def test_a_receiver_that_speaks_no_tls_is_refused() -> None:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((LOCAL, 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert post(server.server_port, poster()).outcome in ("insecure", "unreachable")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_body_has_a_size_limit() -> None:
    with pytest.raises(ValueError, match="65537"):
        poster().post(f"https://{HOST}/", headers={}, body=b"x" * (MOST_BYTES + 1))
