"""Dagster's own web server with the gate, and with mutations only for whoever has signed in."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_webserver.webserver import DagsterWebserver
from graphql import GraphQLError, GraphQLFormattedError, OperationDefinitionNode, OperationType, parse
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.websockets import WebSocket

from operations.dagster_page import sign_in
from operations.gate import gate

GRAPHQL_PATH = "/graphql"
READING_METHODS = ("GET", "HEAD", "OPTIONS")
READ_ONLY = (
    "Dagster's page is read-only until you sign in: open the link that `pilot run` or `pilot dagster` prints, once."
)
ONLY_BY_POST = "A GraphQL query is only answered by POST."


class GuardedWebserver(DagsterWebserver[Any, Any]):
    """Dagster's web server: read-only until signed in, whichever way a query arrives."""

    def build_middleware(self) -> list[Middleware]:
        """Check the host, the origin and the sign-in first."""
        return [*gate(also=read_only_reason), *super().build_middleware()]

    def build_routes(self) -> list[BaseRoute]:
        """Add the address of the one-time link."""
        dagsters: list[BaseRoute] = super().build_routes()  # type: ignore[no-untyped-call] # Dagster's own
        return [Route(sign_in.PATH, use_link, methods=["GET"]), *dagsters]

    def _make_request_context(self, conn: HTTPConnection) -> Any:
        context = super()._make_request_context(conn)
        # Dagster's own permissions follow: its page disables the buttons, and its resolvers refuse as well.
        context._read_only = not signed_in(conn)
        return context

    async def execute_graphql_request(
        self, request: Request, query: str, variables: dict[str, Any] | None, operation_name: str | None
    ) -> JSONResponse:
        """Answer a query; refuse GET, and a mutation without a sign-in."""
        if request.method != "POST":
            return _refused(ONLY_BY_POST, status=405)
        if changes(query) and not signed_in(request):
            return _refused(READ_ONLY, status=403)
        return await super().execute_graphql_request(request, query, variables, operation_name)

    async def execute_graphql_subscription(
        self,
        websocket: WebSocket,
        operation_id: str,
        query: str,
        variables: dict[str, Any] | None,
        operation_name: str | None,
    ) -> tuple[Any, GraphQLFormattedError | None]:
        """Start a subscription; refuse a mutation without a sign-in."""
        if changes(query) and not signed_in(websocket):
            return None, GraphQLError(READ_ONLY).formatted
        return await super().execute_graphql_subscription(websocket, operation_id, query, variables, operation_name)


def guarded_app(
    process_context: Any, path_prefix: str = "", live_data_poll_rate: int | None = None, **options: Any
) -> Starlette:
    """Return the app; the arguments are those of `dagster_webserver.app`'s own factory."""
    return GuardedWebserver(process_context, path_prefix, live_data_poll_rate).create_asgi_app(**options)


def read_only_reason(connection: HTTPConnection) -> str:
    """Return the reason for refusing a change that is no query; queries are refused where they are parsed."""
    if connection.scope["type"] == "websocket" or connection.scope["method"] in READING_METHODS:
        return ""
    return "" if connection.url.path == GRAPHQL_PATH or signed_in(connection) else READ_ONLY


def changes(query: str) -> bool:
    """Return whether a document has a mutation, under any of its operations' names."""
    try:
        document = parse(query, no_location=True)
    except (GraphQLError, TypeError, RecursionError):
        return False  # Not executed: Dagster reports the error.
    return any(
        isinstance(each, OperationDefinitionNode) and each.operation == OperationType.MUTATION
        for each in document.definitions
    )


def signed_in(connection: HTTPConnection) -> bool:
    """Return whether a request has a valid cookie."""
    value = connection.cookies.get(sign_in.COOKIE, "")
    return bool(value) and sign_in.cookie_valid(_folder(), value, now=datetime.now(UTC))


async def use_link(request: Request) -> Response:
    """Use up the one-time link: set the cookie and open the page."""
    now = datetime.now(UTC)
    if not sign_in.use_link(_folder(), request.query_params.get("token", ""), now=now):
        return PlainTextResponse(
            "This link has been used or replaced, or is older than an hour. `pilot dagster` prints a new one.\n",
            status_code=403,
        )
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        sign_in.COOKIE,
        sign_in.make_cookie(_folder(), now=now),
        max_age=int(sign_in.SIGNED_IN_FOR.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def _refused(reason: str, *, status: int) -> JSONResponse:
    return JSONResponse({"data": None, "errors": [{"message": reason}]}, status_code=status)


def _folder() -> Path:
    return Path(os.environ["DAGSTER_HOME"])
