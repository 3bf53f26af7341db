"""A host over TLS with a certificate of some days, and the receiver of alerts."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.operations.monitoring.stack import TOKEN


class _Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
        else:
            self.send_response(200)
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def tls_host(folder: Path, *, days: float) -> Iterator[tuple[int, Path]]:
    """Serve a page and a WebSocket's beginning over TLS; yield the port and the authority's certificate."""
    certificate, key = folder / "host.pem", folder / "host.key"
    _write_certificate(certificate, key, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with _serving(server):
        yield server.server_port, certificate


def _write_certificate(certificate: Path, key: Path, *, days: float) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


class Received:
    """The alerts that arrived, newest last; a fake of the watch's receiver that checks token and version."""

    def __init__(self) -> None:
        self.alerts: list[dict[str, Any]] = []
        self.refused: list[str] = []

    def latest(self, name: str, subject: str) -> dict[str, Any] | None:
        """Return the latest delivery of an alert."""
        own = [
            each
            for each in self.alerts
            if each["labels"]["alertname"] == name and each["labels"].get("subject") == subject
        ]
        return own[-1] if own else None


@contextmanager
def receiver() -> Iterator[tuple[str, Received]]:
    """Serve the receiver; yield its address and what it received."""
    received = Received()

    class Webhook(BaseHTTPRequestHandler):
        into: ClassVar[Received] = received

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers.get("Authorization") != f"Bearer {TOKEN}" or body.get("version") != "4":
                self.into.refused.append(str(body.get("version")))
                self.send_response(401)
            else:
                self.into.alerts += body["alerts"]
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    with _serving(server):
        yield f"http://127.0.0.1:{server.server_port}/alertmanager", received


@contextmanager
def _serving(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
