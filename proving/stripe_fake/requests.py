"""What comes to the fake and what it answers, whatever carries it: a socket, or a test's own hands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Fault = Literal[
    "none", "never_arrives", "answer_lost", "error_saved_with_effect", "error_saved_without_effect", "key_in_use",
    "too_many", "lock_timeout",
]  # fmt: skip
FAULTS: tuple[Fault, ...] = get_args(Fault)

FAKE_HEADER = {"Pilot-Fake": "stripe"}  # On every answer: nobody takes it for the real one.


class Dropped(Exception):
    """The line broke: the request never arrived, or its answer did not."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request; header names are lower case."""

    method: str
    path: str
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return its idempotency key, empty where it has none."""
        return self.headers.get("idempotency-key", "") if self.method == "POST" else ""

    @property
    def account(self) -> str:
        """Return the connected account that it is made for, empty for our own."""
        return self.headers.get("stripe-account", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return the body as it is sent."""
        return json.dumps(self.body, indent=2)


def error(
    status: int, kind: str, message: str, *, code: str = "", param: str = "", retry: bool | None = None
) -> Answer:
    """Return an error as Stripe writes one.

    Args:
        status: HTTP's.
        kind: Stripe's `type`.
        message: What is said to the programmer.
        code: Stripe's `code`.
        param: The parameter at fault.
        retry: What `Stripe-Should-Retry` says; None leaves it out.
    """
    told = {"type": kind, "message": f"(FAKE) {message}"} | ({"code": code} if code else {})
    told |= {"param": param} if param else {}
    headers = {} if retry is None else {"Stripe-Should-Retry": "true" if retry else "false"}
    return Answer(status, {"error": told}, headers)


def refused(code: str, message: str, *, param: str = "") -> Answer:
    """Return a definite refusal."""
    return error(400, "invalid_request_error", message, code=code, param=param, retry=False)
