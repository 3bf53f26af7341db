"""The digest: stopped by the signed link of a letter, and chosen on the page of one's own account."""

from __future__ import annotations

from typing import cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from entrance.attempts import Attempts
from entrance.context import Context
from entrance.own_account import OwnAccount
from entrance.rendering import page
from entrance.signing_in import MOST_FIELDS, address_of
from operations.digest.subscription_link import PARAMETER, SubscriptionLink
from storage.store.access import accounts, preferences
from storage.store.access.accounts import Account
from storage.store.access.preferences import Language

NOT_FOUND = 404
TOO_MANY = 429


class DigestChoices:
    """The routes."""

    def __init__(self, context: Context, *, attempts: Attempts, own: OwnAccount, link: SubscriptionLink) -> None:
        self._context = context
        self._attempts = attempts
        self._own = own
        self._link = link

    async def ask(self, request: Request) -> Response:
        """Show the button; opening the link stops nothing, because mail programs open links in advance."""
        account = await self._account(request)
        if account is None:
            return await self._wrong(request)
        return page(
            request, "unsubscribe", title="unsubscribe.title", email=account.email,
            token=request.query_params.get(PARAMETER, ""), is_done=False,
        )  # fmt: skip

    async def stop(self, request: Request) -> Response:
        """Stop the digest, by the page's button or by a mail program's one click (RFC 8058): never a redirect."""
        account = await self._account(request)
        if account is None:
            return await self._wrong(request)
        await run_in_threadpool(
            lambda: preferences.choose(self._context.store(), account.id, digest=False, reason="link")
        )
        return page(
            request, "unsubscribe", title="unsubscribe.done_title", email=account.email, token="",
            is_done=True,
        )  # fmt: skip

    async def choose(self, request: Request) -> Response:
        """Change the digest and its language on the page of the own account."""
        found = await self._own.account(request)
        if found is None:
            return RedirectResponse("/sign-in", status_code=303)
        given = await request.form(max_files=0, max_fields=MOST_FIELDS)
        language = given.get("language")
        wanted = {"start": True, "stop": False}.get(str(given.get("digest", "")))
        await run_in_threadpool(
            lambda: preferences.choose(
                self._context.store(),
                found[1].id,
                digest=wanted,
                language=cast(Language, language) if language in ("sv", "en") else None,
                reason="page",
            )
        )
        return await self._own.page(request, *found, done="digest.saved")

    async def _account(self, request: Request) -> Account | None:
        account_id = self._link.account_of(request.query_params.get(PARAMETER, ""))
        if not account_id:
            return None
        every = await run_in_threadpool(accounts.every, self._context.store())
        return next((each for each in every if each.id == account_id), None)

    async def _wrong(self, request: Request) -> Response:
        """Answer a wrong link; a network that tries many is refused."""
        allowed = await run_in_threadpool(lambda: self._attempts.begin(address=address_of(request)))
        status = NOT_FOUND if allowed else TOO_MANY
        return page(
            request, "message", title="unsubscribe.wrong_title", status=status,
            text=self._context.say(request, "unsubscribe.wrong"),
        )  # fmt: skip
