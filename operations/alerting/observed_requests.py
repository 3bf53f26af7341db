"""Observes the answers that apprise's plugins get; apprise returns only whether it sent.

A plugin calls `requests.post` or `requests.request` through the name `requests` of its module. `observe_plugin` binds
that name to an object that passes every call on and records the status, Retry-After, or the kind of failure, for the
calling thread. The plugins' own code is not changed.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import requests

Failure = Literal["", "unreachable", "broken_off"]


@dataclass(frozen=True, slots=True)
class Observed:
    """The answer of one call.

    Attributes:
        status: The HTTP status; 0 without an answer.
        retry_after: The header Retry-After; empty without one.
        failure: unreachable if nothing left, broken_off if it may have arrived; empty with an answer.
    """

    status: int = 0
    retry_after: str = ""
    failure: Failure = ""


_calls = threading.local()


@contextlib.contextmanager
def observing() -> Iterator[list[Observed]]:
    """Collect the answers of the calls that this thread makes inside the block."""
    _calls.found = []
    try:
        yield _calls.found
    finally:
        _calls.found = None


def observe_plugin(module: ModuleType) -> None:
    """Bind a plugin module's name `requests` to the observing object."""
    assert hasattr(module, "requests"), f"{module.__name__} no longer calls requests"
    module.requests = _ObservedRequests()  # type: ignore[attr-defined]


class _ObservedRequests:
    """Behaves as the package requests, and observes its calls."""

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def post(self, url: str, **options: Any) -> requests.Response:
        return self.request("post", url, **options)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        options.pop("allow_redirects", None)  # A key must not follow a redirect to another host.
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(method, url, allow_redirects=False, **options)
        except requests.RequestException as error:
            _note(Observed(failure=_failure(error)))
            raise
        _note(Observed(answer.status_code, answer.headers.get("Retry-After", "")))
        return answer


def _failure(error: requests.RequestException) -> Failure:
    never_left = (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.InvalidURL)
    if isinstance(error, never_left):
        return "unreachable"
    if isinstance(error, requests.exceptions.ConnectionError):
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        # urllib3's NewConnectionError: no connection was made, so nothing left.
        return "unreachable" if type(reason).__name__ in ("NewConnectionError", "NameResolutionError") else "broken_off"
    return "broken_off"


def _note(observed: Observed) -> None:
    found = getattr(_calls, "found", None)
    if found is not None:
        found.append(observed)
