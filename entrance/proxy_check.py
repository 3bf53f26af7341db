"""The check for a proxy (Caddy's `forward_auth`) before Grafana, Prometheus or other pages."""

from __future__ import annotations

from typing import get_args
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from entrance.context import Context
from operations.access.guard import NOT_ALLOWED, NOT_SIGNED_IN
from pilot.access import Permission

PERMISSIONS: tuple[str, ...] = get_args(Permission)


class ProxyCheck:
    """Answers 204 with the account's address and role, or refuses."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def check(self, request: Request) -> Response:
        """Check the permission that the path names; the proxy copies the two headers to the page behind it."""
        permission = request.path_params["permission"]
        principal = await self._context.principal(request)
        if permission not in PERMISSIONS:
            return PlainTextResponse(NOT_ALLOWED, status_code=403)
        if principal is None:
            return self._sign_in_first(request)
        if not principal.may(permission):
            return PlainTextResponse(NOT_ALLOWED, status_code=403)
        return Response(
            status_code=204, headers={"Remote-User": quote(principal.email, safe="@.+-_"),
                                      "Remote-Role": principal.role}
        )  # fmt: skip

    def _sign_in_first(self, request: Request) -> Response:
        forwarded = request.headers
        if "text/html" not in forwarded.get("accept", "") or forwarded.get("x-forwarded-method", "GET") != "GET":
            return PlainTextResponse(NOT_SIGNED_IN, status_code=401)
        wanted = (
            f"{forwarded.get('x-forwarded-proto', 'https')}://{forwarded.get('x-forwarded-host', '')}"
            f"{forwarded.get('x-forwarded-uri', '/')}"
        )
        return RedirectResponse(f"{self._context.settings.entrance_url}/sign-in?next={quote(wanted, safe='')}", 302)
