"""Receives Alertmanager's webhook, version 4, on a loopback port with a bearer token.

Each alert of a payload is written to a file of records first, as every alert is. Alertmanager repeats what is firing;
only a change is recorded, by name and subject. The watchdog, an alert of the severity none that always fires, is a sign
of life: `monitoring_silent` is reported when it stays away.
"""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from operations.alerting.catalogue import kind_of
from operations.alerting.record_files import transitions_of
from operations.record_lines import append_record

PATH = "/alertmanager"
RECORDS_NAME = "alertmanager.ndjson"
ALIVE_NAME = "alertmanager.alive"
NO_SEVERITY = "none"  # of the watchdog, an alert that always fires
LARGEST = 1024 * 1024
TIMEOUT_SECONDS = 10
SUBJECT_LABELS = ("cafe", "service", "instance", "job", "device", "mountpoint")
NO_SUBJECT = ("alertname", "severity", "source", "monitor", "replica", "prometheus")
TEXTS = ("text", "summary", "description")  # annotations, the first that is there

_log = structlog.get_logger("operations.alerting")


class _Alert(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    startsAt: AwareDatetime  # noqa: N815 - Alertmanager's names
    fingerprint: str = Field(min_length=1)


class Payload(BaseModel):
    """Alertmanager's webhook, as far as the router reads it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    version: Literal["4"]
    alerts: tuple[_Alert, ...]


class InvalidPayload(ValueError):
    """The body is not Alertmanager's webhook of version 4; the text names each fault."""


def parse(body: bytes) -> Payload:
    """Parse a body.

    Raises:
        InvalidPayload: it is not a payload, or an alert has no name.
    """
    try:
        found = Payload.model_validate_json(body)
    except ValidationError as error:
        places = (f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors()[:5])
        raise InvalidPayload("; ".join(places)) from None
    for number, alert in enumerate(found.alerts):
        if not alert.labels.get("alertname"):
            raise InvalidPayload(f"alerts.{number}.labels.alertname: missing; expected the alert's name")
    return found


def subject_of(alert: _Alert) -> str:
    """Return the label `subject`, else the labels that distinguish places, else the fingerprint."""
    labels = alert.labels
    if labels.get("subject"):
        return labels["subject"]
    known = [labels[name] for name in SUBJECT_LABELS if labels.get(name)]
    others = [f"{name}={value}" for name, value in sorted(labels.items()) if name not in (*SUBJECT_LABELS, *NO_SUBJECT)]
    return " ".join([*known, *others]) or alert.fingerprint


class Receiver:
    """Records the alerts of payloads."""

    def __init__(self, folder: Path, *, clock: Callable[[], datetime]) -> None:
        self._path = folder / RECORDS_NAME
        self._clock = clock
        self._lock = threading.Lock()
        self._firing = {(each.name, each.subject) for each in transitions_of(self._path) if each.is_firing}
        for each in transitions_of(self._path):
            (self._firing.add if each.is_firing else self._firing.discard)((each.name, each.subject))

    def take(self, payload: Payload) -> int:
        """Record the changes of a payload; return how many."""
        changed = 0
        with self._lock:
            for alert in payload.alerts:
                if alert.labels.get("severity") == NO_SEVERITY:
                    (self._path.parent / ALIVE_NAME).write_text(self._clock().isoformat(), encoding="utf-8")
                    continue
                key = (alert.labels["alertname"], subject_of(alert))
                is_firing = alert.status == "firing"
                if (key in self._firing) == is_firing:
                    continue
                self._write(alert, *key)
                (self._firing.add if is_firing else self._firing.discard)(key)
                changed += 1
        return changed

    def _write(self, alert: _Alert, name: str, subject: str) -> None:
        severity = alert.labels.get("severity", "")
        text = next((alert.annotations[each] for each in TEXTS if alert.annotations.get(each)), "")
        append_record(
            self._path,
            {
                "name": name,
                "subject": subject,
                "severity": severity if severity in ("high", "medium", "low") else kind_of(name).severity,
                "text": text,
                "cafe": alert.labels.get("cafe", ""),
                "fingerprint": alert.fingerprint,
                "state": alert.status,
                "at": self._clock().isoformat(),
            },
        )


class AlertmanagerServer:
    """The server of the webhook; `with` starts and stops it."""

    def __init__(self, receiver: Receiver, *, token: str, port: int) -> None:
        """Bind the port.

        Args:
            receiver: Records the alerts.
            token: The bearer token.
            port: The port; 0 for a free one.

        Raises:
            OSError: the port is in use.
        """

        class Handler(_Handler):
            taker = receiver
            expected = f"Bearer {token}"

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="alertmanager", daemon=True)

    @property
    def url(self) -> str:
        """Return the address of the webhook."""
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def __enter__(self) -> AlertmanagerServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Answers POST /alertmanager."""

    taker: Receiver
    expected: str
    timeout = TIMEOUT_SECONDS
    server_version = "pilot"
    sys_version = ""

    def do_POST(self) -> None:
        """Take a payload; 401 without the token, 404 elsewhere, 400 for another body."""
        if self.path != PATH:
            return self._answer(404, f"There is nothing at this path; expected POST {PATH}.")
        if not hmac.compare_digest(self.headers.get("Authorization", "").encode(), self.expected.encode()):
            return self._answer(401, "The bearer token is missing or wrong; see PILOT_ALERTMANAGER_TOKEN.")
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST:
            return self._answer(413, f"Expected a Content-Length of at most {LARGEST} bytes.")
        try:
            changed = self.taker.take(parse(self.rfile.read(int(length))))
        except InvalidPayload as fault:
            return self._answer(400, f"Not Alertmanager's webhook of version 4: {fault}.")
        except OSError:
            _log.error("an alert of Alertmanager cannot be recorded")
            return self._answer(503, "The alert cannot be recorded; Alertmanager tries again.")
        return self._answer(200, f"{changed} changes recorded.")

    def do_GET(self) -> None:
        """Refuse."""
        self._answer(405, f"Expected POST {PATH}.")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Log nothing: the router logs what becomes of each alert."""

    def _answer(self, status: int, text: str) -> None:
        body = json.dumps({"detail": text}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
