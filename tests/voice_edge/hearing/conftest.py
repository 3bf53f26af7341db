"""A local model hub, as strict as the real one about redirects, ranges and lengths."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from voice_edge.hearing.published_models import MODEL, PublishedFile, PublishedModel

REVISION = "1" * 40
FILES = {
    "config.json": b'{"a": 1}',
    "tokenizer.json": b'{"b": 2}' * 50,
    "vocabulary.json": b'["c"]' * 30,
    "preprocessor_config.json": b"{}",
    MODEL: bytes(range(256)) * 400,
}


class Hub:
    """A model hub with faults to order; records the requests."""

    def __init__(self) -> None:
        self.files = dict(FILES)
        self.breaks_after: list[int] = []  # bytes of model.bin per response before it disconnects
        self.statuses: list[int] = []  # statuses of the first responses
        self.ignores_ranges = False
        self.shifted_range = False
        self.asked: list[tuple[str, str]] = []  # file, range
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def model(self) -> PublishedModel:
        """Return the model as published."""
        return PublishedModel(
            name="kb-whisper-base",
            language="sv",
            repository="KBLab/kb-whisper-base",
            revision=REVISION,
            licence="Apache-2.0",
            files=tuple(
                PublishedFile(name, len(body), hashlib.sha256(body).hexdigest() if name == MODEL else "")
                for name, body in FILES.items()
            ),
        )

    def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: object) -> None:
                return

            def do_GET(self) -> None:
                if hub.statuses:
                    self._empty(hub.statuses.pop(0))
                elif found := re.fullmatch(rf"/KBLab/kb-whisper-base/resolve/{REVISION}/([\w.]+)", self.path):
                    if found[1] == MODEL:  # large files lie on another host
                        self.send_response(302)
                        self.send_header("Location", f"{hub.address}/cdn/{found[1]}?signature=abc")
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                    else:
                        self._serve(found[1])
                elif found := re.fullmatch(r"/cdn/([\w.]+)\?signature=abc", self.path):
                    self._serve(found[1])
                else:
                    self._empty(404)

            def _empty(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _serve(self, name: str) -> None:
                wanted = self.headers.get("Range", "")
                hub.asked.append((name, wanted))
                if name not in hub.files:
                    self._empty(404)
                    return
                assert self.headers["Accept-Encoding"] == "identity"
                body = hub.files[name]
                start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and not hub.ignores_ranges else 0
                if start >= len(body):
                    self._empty(416)
                    return
                shown = start - 1 if hub.shifted_range and start else start
                self.send_response(206 if wanted and not hub.ignores_ranges else 200)
                if wanted and not hub.ignores_ranges:
                    self.send_header("Content-Range", f"bytes {shown}-{len(body) - 1}/{len(body)}")
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                part = body[start:]
                if name == MODEL and hub.breaks_after:
                    self.wfile.write(part[: hub.breaks_after.pop(0)])
                    self.close_connection = True
                else:
                    self.wfile.write(part)

        return Handler


@pytest.fixture
def hub() -> Iterator[Hub]:
    served = Hub()
    thread = threading.Thread(target=served.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield served
    served.server.shutdown()
    served.server.server_close()
    thread.join(timeout=5)
