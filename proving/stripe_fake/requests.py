"""The fake's requests and answers, independent of the transport."""

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

FAKE_HEADER = {"Pilot-Fake": "stripe"}  # A header of every answer, so that nobody mistakes it for Stripe.


class ConnectionBroken(Exception):
    """The connection broke: the request or its answer never arrived."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request; header names are lower case."""

    method: str
    path: str
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return the idempotency key; empty if there is none."""
        return self.headers.get("idempotency-key", "") if self.method == "POST" else ""

    @property
    def account(self) -> str:
        """Return the connected account of the request; empty for the platform's own."""
        return self.headers.get("stripe-account", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return the body as text."""
        return json.dumps(self.body, indent=2)


def error(
    status: int, kind: str, message: str, *, code: str = "", param: str = "", retry: bool | None = None
) -> Answer:
    """Return an error in Stripe's format.

    Args:
        status: The HTTP status.
        kind: Stripe's `type`.
        message: The text for the programmer.
        code: Stripe's `code`.
        param: The parameter at fault.
        retry: The value of `Stripe-Should-Retry`; None omits the header.
    """
    fields = {"type": kind, "message": f"(FAKE) {message}"} | ({"code": code} if code else {})
    fields |= {"param": param} if param else {}
    headers = {} if retry is None else {"Stripe-Should-Retry": "true" if retry else "false"}
    return Answer(status, {"error": fields}, headers)


def refused(code: str, message: str, *, param: str = "") -> Answer:
    """Return a definite refusal."""
    return error(400, "invalid_request_error", message, code=code, param=param, retry=False)
