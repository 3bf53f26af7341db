"""The sign-in's application: its routes behind the gate."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from entrance.addresses import OwnPages
from entrance.attempts import Attempts
from entrance.body_limit import BodyLimit
from entrance.context import Context
from entrance.digest_choices import DigestChoices
from entrance.identity_provider import IdentityProvider
from entrance.known_browser import KnownBrowser
from entrance.own_account import OwnAccount
from entrance.passwords import Passwords, TooBusy
from entrance.proxy_check import ProxyCheck
from entrance.rendering import page
from entrance.signing_in import SigningIn
from operations.digest.subscription_link import PATH as SUBSCRIPTION_PATH
from operations.digest.subscription_link import SubscriptionLink
from operations.gate import gate, own_hosts
from operations.monitoring.request_metrics import CountRequests, RequestMetrics
from operations.status_page.build import status_folder
from pilot.settings import service_urls
from storage.errors import StorageError
from storage.home import Home

STYLE = Path(__file__).parent / "entrance.css"
PROVIDER_SECONDS = 600  # How long a person may take at the identity provider.


def create_app(home: Home, *, metrics: RequestMetrics | None = None) -> Starlette:
    """Return the application of a home.

    Args:
        home: The home.
        metrics: Counts the requests; a refused sign-in is one with status 401 or 429. None: nobody reads them.
    """
    counted = metrics or RequestMetrics(CollectorRegistry())
    settings = home.settings
    context = Context(settings, store=home.store, cafes=home.cafes)
    pages, hashing = OwnPages(settings), Passwords()
    attempts = Attempts(redis_url=settings.redis_url.get_secret_value())
    signing_in = SigningIn(context, attempts=attempts, pages=pages, hashing=hashing, known=KnownBrowser(home.secret()))
    own = OwnAccount(context, attempts=attempts, pages=pages, hashing=hashing)
    link = SubscriptionLink(home.secret(), entrance_url=settings.entrance_url)
    digest = DigestChoices(context, attempts=attempts, own=own, link=link)
    routes = [
        Route("/", own.show),
        Route("/account", own.show),
        Route("/sign-in", signing_in.form),
        Route("/sign-in", signing_in.sign_in, methods=["POST"]),
        Route("/link", signing_in.link),
        Route("/link", signing_in.use_link, methods=["POST"]),
        Route("/invitation", signing_in.invitation),
        Route("/invitation", signing_in.accept, methods=["POST"]),
        Route("/sign-out", signing_in.sign_out, methods=["POST"]),
        Route("/sign-out-others", own.sign_out_others, methods=["POST"]),
        Route("/password", own.change_password, methods=["POST"]),
        Route("/digest", digest.choose, methods=["POST"]),
        Route(SUBSCRIPTION_PATH, digest.ask),
        Route(SUBSCRIPTION_PATH, digest.stop, methods=["POST"]),
        Route("/check/{permission}", ProxyCheck(context).check),
        Route("/entrance.css", _style),
        Route("/health", _health),
        # To be seen on this machine; for customers another host serves the folder.
        Mount("/status", StaticFiles(directory=_status_page(home), html=True, check_dir=False)),
    ]
    hosts = own_hosts(settings.entrance_url, inside=service_urls(settings).get("entrance", ""))
    middleware = [Middleware(CountRequests, metrics=counted), *gate(hosts=hosts), Middleware(BodyLimit)]
    if settings.oidc_issuer:
        provider = IdentityProvider(context, signing_in=signing_in, pages=pages)
        routes += [
            Route("/oidc", provider.begin, methods=["POST"]),
            Route("/oidc/callback", provider.callback),
        ]
        middleware.append(
            Middleware(
                SessionMiddleware,
                secret_key=hashlib.blake2b(b"entrance", key=home.secret()[:64]).hexdigest(),
                session_cookie="entrance_provider",
                max_age=PROVIDER_SECONDS,
                https_only=settings.entrance_url.startswith("https:"),
            )
        )

    async def away(request: Request, error: Exception) -> Response:
        return page(
            request, "sign_in", title="sign_in.title", status=503, fault="sign_in.away", next=pages.first, email="",
            provider=context.provider,
        )  # fmt: skip

    return Starlette(routes=routes, middleware=middleware, exception_handlers={StorageError: away, TooBusy: away})


def _status_page(home: Home) -> Path:
    """Return the status page's folder, created if that is possible; the sign-in does not depend on it."""
    folder = status_folder(home)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _style(request: Request) -> Response:
    return FileResponse(STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok\n")
