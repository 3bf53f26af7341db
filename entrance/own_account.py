"""The page of one's own account: what it may see, its mail, other sign-ins, and the password."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from entrance import passwords
from entrance.addresses import OwnPages
from entrance.attempts import Attempts
from entrance.context import Context
from entrance.passwords import Passwords
from entrance.rendering import page
from entrance.signing_in import MOST_FIELDS
from operations.access.cookie import token_of
from operations.access.guard import entrance_for
from pilot.access import Principal
from storage.store.access import accounts, preferences, sign_ins
from storage.store.access.accounts import Account


class OwnAccount:
    """The routes of the page."""

    def __init__(self, context: Context, *, attempts: Attempts, pages: OwnPages, hashing: Passwords) -> None:
        self._context = context
        self._attempts = attempts
        self._pages = pages
        self._passwords = hashing

    async def show(self, request: Request) -> Response:
        """Show the account, or the sign-in."""
        found = await self.account(request)
        return RedirectResponse("/sign-in", status_code=303) if found is None else await self.page(request, *found)

    async def sign_out_others(self, request: Request) -> Response:
        """End every other sign-in of the account."""
        found = await self.account(request)
        if found is None:
            return RedirectResponse("/sign-in", status_code=303)
        store, own = self._context.store(), token_of(request)
        await run_in_threadpool(lambda: sign_ins.end_others(store, found[0].account, token=own))
        return await self.page(request, *found, done="account.others_ended")

    async def change_password(self, request: Request) -> Response:
        """Replace the password and end every other sign-in."""
        found = await self.account(request)
        if found is None:
            return RedirectResponse("/sign-in", status_code=303)
        _, account = found
        given = await request.form(max_files=0, max_fields=MOST_FIELDS)
        current, password = str(given.get("current", "")), str(given.get("password", ""))
        address = request.client.host if request.client is not None else ""
        if not await run_in_threadpool(lambda: self._attempts.begin(address=address, email=account.email)):
            return await self.page(request, *found, fault="sign_in.too_often", status=429)
        if not await self._passwords.matches(current, account.password_hash):
            return await self.page(request, *found, fault="account.wrong_current", status=400)
        if fault := passwords.fault(password, email=account.email):
            return await self.page(request, *found, fault=f"invitation.{fault}", status=400)
        password_hash = await self._passwords.hash(password)
        store, own = self._context.store(), token_of(request)
        await run_in_threadpool(
            lambda: accounts.choose_password(store, account, password_hash=password_hash, own_token=own)
        )
        await run_in_threadpool(lambda: self._attempts.succeeded(address=address, email=account.email))
        return await self.page(request, *found, done="account.changed")

    async def account(self, request: Request) -> tuple[Principal, Account] | None:
        """Return the account of a request and what it may see; None for nobody."""
        principal = await self._context.principal(request)
        if principal is None:
            return None
        account = await run_in_threadpool(accounts.find, self._context.store(), principal.email)
        return None if account is None else (principal, account)

    async def page(
        self,
        request: Request,
        principal: Principal,
        account: Account,
        *,
        fault: str = "",
        done: str = "",
        status: int = 200,
    ) -> Response:
        """Return the page.

        Args:
            request: The request.
            principal: What the account may see.
            account: The account.
            fault: The key of an error; empty for none.
            done: The key of what was done; empty for nothing.
            status: The HTTP status.
        """
        say = self._context.say
        mail = await run_in_threadpool(preferences.preferences_of, self._context.store(), account.id)
        names = {cafe.id: cafe.name for cafe in self._context.cafes().cafe}
        seen = None if principal.cafes is None else [names.get(cafe, cafe) for cafe in sorted(principal.cafes)]
        return page(
            request,
            "account",
            title="account.title",
            status=status,
            fault=fault,
            done=done,
            email=account.email,
            role=self._context.role_in_words(request, account.role),
            cafes=say(request, "account.all_cafes")
            if seen is None
            else say(request, "account.cafes", cafes=", ".join(seen)),
            has_password=bool(account.password_hash),
            gets_digests=account.role == "manager",
            digest=mail.digest,
            mail_language=mail.language,
            pages_url=entrance_for(request, self._pages.first),
            dagster_url=entrance_for(request, self._context.settings.dagster_url) if principal.may("dagster") else "",
        )
