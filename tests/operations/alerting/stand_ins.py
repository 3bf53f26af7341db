"""Strict stand-ins of Slack's incoming webhooks, 46elks' texts and PagerDuty's Events API v2.

Each is a fake: a server on this machine that checks method, path, headers and form as the service documents them, and
answers in its words. What it refuses, it refuses with the service's status; `errors` then says why.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jsonschema

SLACK_PATH = "/services/T0000000/B0000000/abcdefghijklmnopqrstuvwx"
ELKS_USER, ELKS_PASSWORD = "u0123456789abcdef", "SECRETWORD0123456789"
ROUTING_KEY = "R0UT1NGK3Y0123456789abcdef012345"

SLACK_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "anyOf": [{"required": ["text"]}, {"required": ["attachments"]}],
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 40000},
        "username": {"type": "string"},
        "attachments": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text"],
                "properties": {
                    "title": {"type": "string"},
                    "text": {"type": "string", "minLength": 1},
                    "color": {"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"},
                    "mrkdwn_in": {"type": "array"},
                },
            },
        },
        "mrkdwn": {"type": "boolean"},
    },
}
EVENT_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["routing_key", "event_action"],
    "properties": {
        "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "minLength": 1, "maxLength": 255},
        "client": {"type": "string"},
        "client_url": {"type": "string"},
        "links": {"type": "array"},
        "images": {"type": "array"},
        "payload": {
            "type": "object",
            "additionalProperties": False,
            "required": ["summary", "source", "severity"],
            "properties": {
                "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
                "source": {"type": "string", "minLength": 1},
                "severity": {"enum": ["critical", "error", "warning", "info"]},
                "component": {"type": "string"},
                "group": {"type": "string"},
                "class": {"type": "string"},
                "timestamp": {"type": "string"},
                "custom_details": {"type": "object"},
            },
        },
    },
    "allOf": [
        {"if": {"properties": {"event_action": {"const": "trigger"}}}, "then": {"required": ["payload"]}},
        {
            "if": {"properties": {"event_action": {"enum": ["acknowledge", "resolve"]}}},
            "then": {"required": ["dedup_key"]},
        },
    ],
}


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    breaks: bool = False  # closes the connection instead of answering


class StandIn(ABC):
    """A server whose subclass checks each request; `answers` are given first, in order."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.answers: deque[Answer] = deque()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                answer = stand_in.answer(self.command, self.path, dict(self.headers.items()), body)
                if answer.breaks:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(answer.status)
                for name, value in {"Content-Type": "text/plain", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_POST = do_GET = do_PUT = handle_any

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        fault = self.check(method, path, headers, body)
        if fault is not None:
            self.errors.append(fault.body.decode())
            return fault
        if self.answers:
            given = self.answers.popleft()
            if given.breaks:
                self.received.append(self.content(body))
            return given
        self.received.append(self.content(body))
        return self.accept(self.received[-1])

    @abstractmethod
    def check(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """Return the answer to a request that the service would refuse."""

    def content(self, body: bytes) -> dict[str, Any]:
        return dict(json.loads(body))

    @abstractmethod
    def accept(self, content: dict[str, Any]) -> Answer:
        """Return the answer to a request that was right."""


class Slack(StandIn):
    @property
    def url(self) -> str:
        return f"http://{self.host}{SLACK_PATH}"

    def check(self, method, path, headers, body):
        if path != SLACK_PATH:
            return Answer(404, b"no_service")
        if method != "POST" or headers.get("Content-Type", "").partition(";")[0] != "application/json":
            return Answer(400, b"invalid_payload")
        try:
            jsonschema.validate(json.loads(body), SLACK_SCHEMA)
        except (ValueError, jsonschema.ValidationError) as error:
            return Answer(400, f"invalid_payload {error}".encode())
        return None

    def accept(self, content):
        return Answer(200, b"ok", {"Content-Type": "text/html"})

    @property
    def texts(self) -> list[str]:
        return [f"{part['title']}\n{part['text']}" for each in self.received for part in each["attachments"]]


class Elks(StandIn):
    @property
    def url(self) -> str:
        return f"http://{ELKS_USER}:{ELKS_PASSWORD}@{self.host}/a1/sms?from=Kaffe"

    def check(self, method, path, headers, body):
        expected = base64.b64encode(f"{ELKS_USER}:{ELKS_PASSWORD}".encode()).decode()
        if headers.get("Authorization") != f"Basic {expected}":
            return Answer(401, b"API access requires Basic HTTP authentication")
        if (method, path) != ("POST", "/a1/sms"):
            return Answer(404, b"Not found")
        if headers.get("Content-Type") != "application/x-www-form-urlencoded":
            return Answer(415, b"Expected a form")
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        if set(fields) != {"to", "from", "message"} or any(len(each) != 1 for each in fields.values()):
            return Answer(400, b"Wrong fields")
        content = self.content(body)
        if not re.fullmatch(r"\+[1-9]\d{5,14}", content["to"]):
            return Answer(400, b"'to' is not a valid phone number.")
        if not re.fullmatch(r"\+[1-9]\d{5,14}|[A-Za-z][A-Za-z0-9]{2,10}", content["from"]):
            return Answer(400, b"'from' is not valid.")
        return None if content["message"] else Answer(400, b"'message' is empty")

    def content(self, body):
        return {name: each[0] for name, each in parse_qs(body.decode(), keep_blank_values=True).items()}

    def accept(self, content):
        made = {"status": "created", "direction": "outgoing", "id": "s70df59406a1b4643b96f3f91e0bfb7b0", **content}
        return Answer(200, json.dumps(made).encode(), {"Content-Type": "application/json"})


class PagerDuty(StandIn):
    @property
    def url(self) -> str:
        return f"http://{ROUTING_KEY}@{self.host}/v2/enqueue"

    def check(self, method, path, headers, body):
        if (method, path) != ("POST", "/v2/enqueue"):
            return Answer(404, b"Not found")
        if headers.get("Content-Type", "").partition(";")[0] != "application/json":
            return Answer(400, b'{"status":"invalid event"}')
        try:
            event = json.loads(body)
            jsonschema.validate(event, EVENT_SCHEMA)
        except (ValueError, jsonschema.ValidationError) as error:
            return Answer(400, json.dumps({"status": "invalid event", "errors": [str(error)]}).encode())
        if event["routing_key"] != ROUTING_KEY:
            return Answer(400, b'{"status":"invalid event","errors":["Invalid routing key"]}')
        return None

    def accept(self, content):
        made = {"status": "success", "message": "Event processed", "dedup_key": content.get("dedup_key")}
        return Answer(202, json.dumps(made).encode(), {"Content-Type": "application/json"})

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(each["event_action"], each["dedup_key"]) for each in self.received]
