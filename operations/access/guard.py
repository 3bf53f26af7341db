"""Middleware that answers only signed-in accounts, and closes the WebSockets of ended sign-ins.

Every request and every WebSocket is compared with the store. An open WebSocket is compared again every few seconds: it
is closed when its sign-in ends, its account is revoked, or the account's role or cafés change. If the store does not
answer, nothing is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from operations.access.cookie import token_of
from pilot.access import Permission, Principal
from storage.errors import StorageError
from storage.store.access import sign_ins
from storage.store.engine import Store

CHECK_SECONDS = 5.0
CLOSED = 1008  # WebSocket: policy violation
STATE = "principal"  # the key in the connection's state
SIGNED_IN_PATH = "/signed-in"
SIGN_IN_PATH = "/sign-in"
LOOPBACK = ("127.0.0.1", "localhost")
NOT_SIGNED_IN = "Sign in first.\n"
NOT_ALLOWED = "This account may not open this page.\n"
STORE_AWAY = "The store does not answer, so nobody can be recognised. Try again in a minute.\n"

log = structlog.get_logger("operations.access")


def guard(
    open_store: Callable[[], Store],
    *,
    entrance_url: str,
    permission: Permission | None = None,
    health: str = "",
    program: Callable[[HTTPConnection], bool] = lambda _: False,
) -> list[Middleware]:
    """Return the middleware.

    Args:
        open_store: Opens the store.
        entrance_url: The address of the sign-in's page, without a final slash.
        permission: The permission that is needed; None for any account.
        health: The path that answers "ok" to everybody, for the supervisor; passed on for a signed-in browser only, to
            which Streamlit gives the token of its uploads there.
        program: Whether a request is of a program of this home, which has no account.
    """
    return [
        Middleware(
            Guard,
            open_store=open_store,
            entrance_url=entrance_url,
            permission=permission,
            health=health,
            program=program,
        )
    ]


def principal_of(connection: HTTPConnection) -> Principal | None:
    """Return the principal of a request that the guard let through; None for a program of this home."""
    found: Principal | None = connection.scope.get("state", {}).get(STATE)
    return found


class Guard:
    """See the module."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        open_store: Callable[[], Store],
        entrance_url: str,
        permission: Permission | None,
        health: str,
        program: Callable[[HTTPConnection], bool],
    ) -> None:
        self._app = app
        self._open_store = open_store
        self._entrance_url = entrance_url
        self._permission = permission
        self._health = health
        self._program = program

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request or WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        path = connection.url.path
        if scope["type"] == "http" and path == self._health and not await self._is_signed_in(connection):
            await PlainTextResponse("ok\n")(scope, receive, send)
            return
        if self._program(connection):
            await self._app(scope, receive, send)
            return
        try:
            principal = await self._principal(token_of(connection))
        except StorageError as error:
            log.error("sign_in_unknown", kind=type(error).__name__)
            await PlainTextResponse(STORE_AWAY, status_code=503, headers={"Retry-After": "30"})(scope, receive, send)
            return
        if scope["type"] == "http" and path == SIGNED_IN_PATH:
            await _signed_in(principal)(scope, receive, send)
            return
        if principal is None or not self._may(principal):
            await self._refusal(connection, principal)(scope, receive, send)
            return
        scope.setdefault("state", {})[STATE] = principal
        if scope["type"] == "http":
            await self._app(scope, receive, send)
        else:
            await self._serve_socket(scope, receive, send, principal=principal)

    async def _is_signed_in(self, connection: HTTPConnection) -> bool:
        """Return whether an account is signed in; False while the store is away."""
        token = token_of(connection)
        if not token:
            return False
        try:
            return await self._principal(token) is not None
        except StorageError:
            return False

    async def _principal(self, token: str) -> Principal | None:
        return await run_in_threadpool(lambda: sign_ins.find(self._open_store(), token)) if token else None

    def _may(self, principal: Principal) -> bool:
        return self._permission is None or principal.may(self._permission)

    def _refusal(self, connection: HTTPConnection, principal: Principal | None) -> Response:
        """Return a redirect to the sign-in for a person's browser, else a status."""
        if principal is not None:
            return PlainTextResponse(NOT_ALLOWED, status_code=403)
        opens_a_page = (
            connection.scope["type"] == "http"
            and connection.scope["method"] == "GET"
            and "text/html" in connection.headers.get("accept", "")
            and connection.headers.get("sec-fetch-mode", "navigate") == "navigate"
        )
        if not opens_a_page:
            return PlainTextResponse(NOT_SIGNED_IN, status_code=401)
        wanted = quote(str(connection.url), safe="")
        return RedirectResponse(
            f"{entrance_for(connection, self._entrance_url)}{SIGN_IN_PATH}?next={wanted}", status_code=303
        )

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send, *, principal: Principal) -> None:
        """Serve a WebSocket until either side closes it or its sign-in is no longer what it was."""
        token, ended = token_of(HTTPConnection(scope)), asyncio.Event()
        is_open = False

        async def send_if_valid(message: Message) -> None:
            nonlocal is_open
            if ended.is_set():
                return
            is_open = is_open or message["type"] == "websocket.accept"
            await send(message)

        async def receive_until_ended() -> Message:
            waiting, over = asyncio.ensure_future(receive()), asyncio.ensure_future(ended.wait())
            try:
                await asyncio.wait({waiting, over}, return_when=asyncio.FIRST_COMPLETED)
                if ended.is_set():
                    return {"type": "websocket.disconnect", "code": CLOSED}
                return waiting.result()
            finally:
                over.cancel()
                if not waiting.done():
                    waiting.cancel()

        async def check() -> None:
            while await self._is_unchanged(token, principal):  # noqa: ASYNC110 - the store cannot notify
                await asyncio.sleep(CHECK_SECONDS)
            ended.set()
            if is_open:
                await send({"type": "websocket.close", "code": CLOSED})

        checking = asyncio.create_task(check())
        try:
            await self._app(scope, receive_until_ended, send_if_valid)
        finally:
            checking.cancel()
            with contextlib.suppress(asyncio.CancelledError, RuntimeError):  # The socket may be closed already.
                await checking

    async def _is_unchanged(self, token: str, principal: Principal) -> bool:
        try:
            return await self._principal(token) == principal
        except StorageError:
            return True  # Not known to have ended; every new request is refused meanwhile.
        except Exception as error:  # A watcher that ends silently would leave the socket open for ever.
            log.error("sign_in_unknown", kind=type(error).__name__)
            return False


def entrance_for(connection: HTTPConnection, entrance_url: str) -> str:
    """Return the entrance's address; on loopback by the request's host name: cookies belong to it."""
    parts, asked = urlsplit(entrance_url), connection.url.hostname
    if parts.hostname in LOOPBACK and asked in LOOPBACK:
        return parts._replace(netloc=asked + (f":{parts.port}" if parts.port else "")).geturl()
    return entrance_url


def _signed_in(principal: Principal | None) -> Response:
    """Return who is signed in, for open pages that poll: another version means that they reload."""
    if principal is None:
        return JSONResponse({"signed_in": False}, status_code=401, headers={"Cache-Control": "no-store"})
    return JSONResponse(
        {"signed_in": True, "version": f"{principal.account}.{principal.version}"},
        headers={"Cache-Control": "no-store"},
    )
