"""Who looks at the pages: the principal behind this connection, as it is in the store now."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar
from urllib.parse import urlsplit

import streamlit as st

from operations.access.cookie import token_in
from operations.access.guard import LOOPBACK
from pilot.access import Principal
from pilot.errors import PilotError
from storage.home import Home
from storage.store.access import sign_ins


class AccessChanged(PilotError):
    """The sign-in has ended, or the account may see something else than when the page was drawn."""

    def __init__(self) -> None:
        super().__init__("The sign-in has ended or the account was changed.", remedy="Open the page again.")


# The token of a function that runs after its page's script, where Streamlit knows no connection.
_later_token: ContextVar[str | None] = ContextVar("later_token", default=None)

T = TypeVar("T")


def token() -> str:
    """Return the sign-in's token of this connection; empty without one."""
    kept = _later_token.get()
    return token_in(st.context.cookies.to_dict()) if kept is None else kept


def signed_later(made: Callable[[], T]) -> Callable[[], T]:
    """Return a function that runs with this connection's token, although its page's script has ended.

    Streamlit makes a downloaded file at the click, in a thread of its own; the token is compared with the store then.
    """
    now = token()

    def run() -> T:
        before = _later_token.set(now)
        try:
            return made()
        finally:
            _later_token.reset(before)

    return run


def principal(home: Home) -> Principal | None:
    """Return the principal as the store knows it at this moment; None if nobody is signed in."""
    return sign_ins.find(home.store(), token())


def confirm(home: Home, seen: Principal) -> None:
    """Compare the principal of a render with the store.

    Fragments and callbacks run without the entry's script, so every read and every action confirms by itself.

    Raises:
        AccessChanged: it is no longer the same.
    """
    if principal(home) != seen:
        raise AccessChanged


def entrance_address(home: Home) -> str:
    """Return the sign-in's address; on loopback by the name in the page's address: cookies belong to it."""
    parts, used = urlsplit(home.settings.entrance_url), urlsplit(st.context.url or "").hostname
    if parts.hostname in LOOPBACK and used in LOOPBACK:
        return parts._replace(netloc=used + (f":{parts.port}" if parts.port else "")).geturl()
    return home.settings.entrance_url
