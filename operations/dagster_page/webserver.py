"""Dagster's own web server behind the sign-in, with mutations for two roles only."""

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
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from operations.access.guard import guard, principal_of
from operations.dagster_page import program_ticket
from operations.gate import gate, own_hosts
from operations.system import dagster_path
from pilot.settings import read_settings, service_urls
from storage.home import open_existing_home

GRAPHQL_PATH = "/graphql"
READING_METHODS = ("GET", "HEAD", "OPTIONS")
READ_ONLY = "Dagster's page is read-only for this account: only the roles data and admin start and stop things."
HEALTH_PATH = "/health"
ONLY_BY_POST = "A GraphQL query is only answered by POST."


class GuardedWebserver(DagsterWebserver[Any, Any]):
    """Dagster's web server behind the sign-in; read-only for most accounts, however a query arrives."""

    def build_middleware(self) -> list[Middleware]:
        """Check the host, the origin, the sign-in and the role first."""
        settings = read_settings(dict(os.environ))
        home = open_existing_home(settings)
        checks = guard(
            home.store,
            entrance_url=settings.entrance_url,
            permission="dagster",
            health=dagster_path(settings) + HEALTH_PATH,
            program=is_program,
        )
        return [
            *gate(hosts=own_hosts(settings.dagster_url, inside=service_urls(settings).get("webserver", ""))),
            *checks,
            Middleware(ReadOnly),
            *super().build_middleware(),
        ]

    def _make_request_context(self, conn: HTTPConnection) -> Any:
        context = super()._make_request_context(conn)
        # Dagster's own permissions follow: its page disables the buttons, and its resolvers refuse as well.
        context._read_only = not may_change(conn)
        return context

    async def execute_graphql_request(
        self, request: Request, query: str, variables: dict[str, Any] | None, operation_name: str | None
    ) -> JSONResponse:
        """Answer a query; refuse GET, and a mutation without the right."""
        if request.method != "POST":
            return _refused(ONLY_BY_POST, status=405)
        if changes(query) and not may_change(request):
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
        """Start a subscription; refuse a mutation without the right."""
        if changes(query) and not may_change(websocket):
            return None, GraphQLError(READ_ONLY).formatted
        return await super().execute_graphql_subscription(websocket, operation_id, query, variables, operation_name)


def guarded_app(
    process_context: Any, path_prefix: str = "", live_data_poll_rate: int | None = None, **options: Any
) -> Starlette:
    """Return the app; the arguments are those of `dagster_webserver.app`'s own factory."""
    return GuardedWebserver(process_context, path_prefix, live_data_poll_rate).create_asgi_app(**options)


class ReadOnly:
    """Middleware that refuses changes that are no query; queries are refused where they are parsed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] == "http" and (reason := read_only_reason(HTTPConnection(scope))):
            await PlainTextResponse(f"{reason}\n", status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def read_only_reason(connection: HTTPConnection) -> str:
    """Return the reason for refusing a change that is no query; empty if it is allowed."""
    if connection.scope["type"] == "websocket" or connection.scope["method"] in READING_METHODS:
        return ""
    path = dagster_path(read_settings(dict(os.environ))) + GRAPHQL_PATH
    return "" if connection.url.path == path or may_change(connection) else READ_ONLY


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


def may_change(connection: HTTPConnection) -> bool:
    """Return whether a request may start and stop things: of an account with that right, or of a program."""
    principal = principal_of(connection)
    return is_program(connection) if principal is None else principal.may("dagster.change")


def is_program(connection: HTTPConnection) -> bool:
    """Return whether a request is of a program of this home, by its ticket."""
    value = connection.headers.get(program_ticket.HEADER, "")
    return bool(value) and program_ticket.is_valid(_folder(), value, now=datetime.now(UTC))


def _refused(reason: str, *, status: int) -> JSONResponse:
    return JSONResponse({"data": None, "errors": [{"message": reason}]}, status_code=status)


def _folder() -> Path:
    return Path(os.environ["DAGSTER_HOME"])
