"""An HTTP client for Stripe's official package that calls the FAKE without a socket, in virtual time."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import stripe

from proving.stripe_fake.fake import FakeStripe
from proving.stripe_fake.requests import ApiRequest, ConnectionBroken


class InProcessClient(stripe.HTTPClient):
    """An HTTP client of the official package that calls a fake in the same process."""

    name = "by hand"

    def __init__(self, fake: FakeStripe) -> None:
        super().__init__()
        self._fake = fake

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> tuple[str, int, Any]:
        """Send one request.

        Raises:
            stripe.APIConnectionError: the connection broke.
        """
        split = urlsplit(url)
        verb = method.upper()
        text = split.query if verb == "GET" else (post_data or "")
        asked = ApiRequest(verb, split.path, text, {name.lower(): value for name, value in (headers or {}).items()})
        try:
            answer = self._fake.answer(asked)
        except ConnectionBroken:
            raise stripe.APIConnectionError("the line broke", should_retry=True) from None  # type: ignore[no-untyped-call]
        return answer.text, answer.status, {name.lower(): value for name, value in answer.headers.items()}

    def close(self) -> None:
        """Do nothing, since there is no connection."""
