"""Signing in at an OpenID Connect provider, by Authlib: authorisation code with PKCE.

Only an invited address that the provider has verified is let in, and from then on only the same person at the provider;
the provider gives no role.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from authlib.integrations.starlette_client import OAuth
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from entrance.addresses import OwnPages
from entrance.context import Context
from entrance.rendering import page
from entrance.signing_in import MOST_FIELDS, SigningIn
from storage.store.access.accounts import Account, NotAnAccount, normal_email
from storage.store.access.identities import recognise

NEXT = "next"

log = structlog.get_logger("entrance")


class IdentityProvider:
    """The routes of the provider; only served if one is set."""

    def __init__(self, context: Context, *, signing_in: SigningIn, pages: OwnPages) -> None:
        settings = context.settings
        self._context = context
        self._signing_in = signing_in
        self._pages = pages
        self._oauth = OAuth()
        self._oauth.register(
            "provider",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256"},
        )

    async def begin(self, request: Request) -> Response:
        """Redirect to the provider."""
        given = await request.form(max_files=0, max_fields=MOST_FIELDS)
        request.session[NEXT] = self._pages.checked(str(given.get("next", "")))
        try:
            answer: Response = await self._client.authorize_redirect(request, f"{self._own}/oidc/callback")
        except Exception as error:  # Authlib's HTTP client has errors of its own.
            return self._failed(request, error)
        return answer

    async def callback(self, request: Request) -> Response:
        """Sign in the account of the identity, or bind the verified address's account to it."""
        try:
            token = await self._client.authorize_access_token(request)
        except Exception as error:  # Of Authlib, of its HTTP client, and of the token's checks.
            return self._failed(request, error)
        claims = token.get("userinfo") or {}
        account = await run_in_threadpool(self._find, claims)
        if account is None or account.revoked_at is not None:
            return self._refused(request, fault="sign_in.not_invited", status=403)
        wanted = self._pages.checked(str(request.session.pop(NEXT, "")))
        return await self._signing_in.signed_in(request, account, method="oidc", wanted=wanted)

    @property
    def _client(self) -> Any:
        return self._oauth.create_client("provider")  # type: ignore[no-untyped-call] # Authlib's stubs

    @property
    def _own(self) -> str:
        return self._context.settings.entrance_url

    def _find(self, claims: Mapping[str, Any]) -> Account | None:
        verified = claims.get("email_verified") is True
        try:
            email = normal_email(str(claims.get("email", ""))) if verified else ""
        except NotAnAccount:
            email = ""
        return recognise(
            self._context.store(), issuer=str(claims["iss"]), subject=str(claims["sub"]), verified_email=email
        )

    def _failed(self, request: Request, error: Exception) -> Response:
        log.warning("provider_failed", kind=type(error).__name__)
        return self._refused(request, fault="sign_in.provider_failed", status=502)

    def _refused(self, request: Request, *, fault: str, status: int) -> Response:
        return page(
            request, "sign_in", title="sign_in.title", status=status, fault=fault, next=self._pages.first, email="",
            provider=self._context.provider,
        )  # fmt: skip
