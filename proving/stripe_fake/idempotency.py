"""Stripe's idempotency layer: saves the first answer under a key for a day, errors included.

Not saved, as documented: failed validation of parameters, conflicts of simultaneous requests, 401 and 429.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from proving.stripe_fake.books import Thing
from proving.stripe_fake.requests import Answer, ApiRequest, error

FORGETS_AFTER = timedelta(hours=24)
LONGEST_KEY = 255


class SavedAnswers:
    """The saved answers by key, in the fake's books."""

    def __init__(self, kept: dict[str, Thing], *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept = kept

    def before(self, asked: ApiRequest) -> Answer | None:
        """Return the saved answer or an error; None if the request is new."""
        if not asked.key:
            return None
        if len(asked.key) > LONGEST_KEY:
            return error(400, "invalid_request_error", f"Keys have {LONGEST_KEY} characters at most.")
        kept = self._kept.get(_place(asked))
        if kept is None or self._now().timestamp() - kept["at"] >= FORGETS_AFTER.total_seconds():
            return None
        if kept["fingerprint"] != _fingerprint(asked):
            text = "Keys for idempotent requests can only be used with the same parameters they were first used with."
            return error(400, "idempotency_error", text, retry=False)
        headers = {"Idempotent-Replayed": "true", "Original-Request": kept["request_id"]}
        return Answer(kept["status"], kept["body"], {**kept["headers"], **headers})

    def keep(self, asked: ApiRequest, answer: Answer, *, request_id: str) -> None:
        """Save the answer of an executed request."""
        if asked.key:
            self._kept[_place(asked)] = {
                "fingerprint": _fingerprint(asked),
                "status": answer.status,
                "body": answer.body,
                "headers": answer.headers,
                "request_id": request_id,
                "at": self._now().timestamp(),
            }


def _place(asked: ApiRequest) -> str:
    return f"{asked.account} {asked.key}"


def _fingerprint(asked: ApiRequest) -> str:
    return hashlib.sha256(f"{asked.method} {asked.path} {asked.text}".encode()).hexdigest()
