"""What every route of the sign-in needs: the store, the principal of a request, and words."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request

from entrance.rendering import language_of
from operations.access.cookie import token_of
from pilot.access import Principal, Role
from pilot.cafes import Cafes
from pilot.settings import Settings
from pilot.words import say
from storage.store.access import sign_ins
from storage.store.engine import Store


class Context:
    """See the module.

    Attributes:
        settings: The settings.
        store: Opens the store.
        cafes: Reads the cafés.
        provider: The name of the identity provider; empty without one.
    """

    def __init__(self, settings: Settings, *, store: Callable[[], Store], cafes: Callable[[], Cafes]) -> None:
        self.settings = settings
        self.store = store
        self.cafes = cafes
        self.provider = urlsplit(settings.oidc_issuer).hostname or ""

    async def principal(self, connection: HTTPConnection) -> Principal | None:
        """Return who is signed in; None for nobody."""
        token = token_of(connection)
        return await run_in_threadpool(lambda: sign_ins.find(self.store(), token)) if token else None

    def say(self, request: Request, key: str, **fields: object) -> str:
        """Return a text in the reader's language."""
        return say("entrance", key, language_of(request), **fields)

    def role_in_words(self, request: Request, role: Role) -> str:
        """Return a role's word."""
        return self.say(request, f"role.{role}")
