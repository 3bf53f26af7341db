"""The signed link by which a reader stops the digest without signing in."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode

PATH = "/digest/unsubscribe"
PARAMETER = "t"


class SubscriptionLink:
    """Makes and checks the link of an account, which allows nothing but stopping the digest.

    Args:
        secret: The installation's key.
        entrance_url: The address of the sign-in, which answers the link.
    """

    def __init__(self, secret: bytes, *, entrance_url: str) -> None:
        self._key = hashlib.blake2b(b"digest unsubscribe", key=secret[:64]).digest()
        self._url = entrance_url.rstrip("/")

    def of(self, account_id: str) -> str:
        """Return the address for an account."""
        return f"{self._url}{PATH}?{urlencode({PARAMETER: f'{account_id}.{self._signature(account_id)}'})}"

    def account_of(self, token: str) -> str:
        """Return the account's id of a token; empty if it is not signed by this installation."""
        account_id, _, signature = token.rpartition(".")
        is_right = hmac.compare_digest(
            signature.encode("utf-8", "replace"), self._signature(account_id).encode("utf-8", "replace")
        )
        return account_id if account_id and is_right else ""

    def _signature(self, account_id: str) -> str:
        return hmac.new(self._key, account_id.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
