"""The cookie of a sign-in: its name, its attributes, and reading it from a request."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

from storage.store.access.sign_ins import LONGEST

# Browsers accept __Host- only over HTTPS and without a domain, so no neighbouring host can plant such a cookie.
SECURE_NAME = "__Host-pilot_sign_in"
LOOPBACK_NAME = "pilot_sign_in"


def token_of(connection: HTTPConnection) -> str:
    """Return the token of a request or WebSocket; empty without one."""
    return connection.cookies.get(_name(connection), "")


def set_token(response: Response, token: str, *, request: HTTPConnection) -> None:
    """Set the cookie of a new sign-in."""
    response.set_cookie(
        _name(request),
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",  # Strict would sign out everybody who opens a page from an e-mail.
    )


def delete_token(response: Response, *, request: HTTPConnection) -> None:
    """Delete the cookie."""
    response.delete_cookie(_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="lax")


def token_in(cookies: dict[str, str]) -> str:
    """Return the token among a connection's cookies; the secure one first."""
    return cookies.get(SECURE_NAME) or cookies.get(LOOPBACK_NAME, "")


def _name(connection: HTTPConnection) -> str:
    return SECURE_NAME if _is_secure(connection) else LOOPBACK_NAME


def _is_secure(connection: HTTPConnection) -> bool:
    return connection.url.scheme in ("https", "wss")
