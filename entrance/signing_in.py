"""Signing in: by password, by a one-time link, and out again."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from entrance import passwords
from entrance.addresses import OwnPages
from entrance.attempts import Attempts
from entrance.context import Context
from entrance.known_browser import KnownBrowser
from entrance.passwords import Passwords
from entrance.rendering import language_of, page
from operations.access.cookie import delete_token, set_token, token_of
from pilot.cafes import Language
from storage.store.access import accounts, links, sign_ins
from storage.store.access.accounts import Account, NotAnAccount
from storage.store.access.links import Kind, Link
from storage.store.access.preferences import Preferences, choose, every_preference
from storage.store.access.sign_ins import Method

SEE_OTHER = 303
TOO_MANY = 429
UNAUTHORISED = 401
GONE = 410
MOST_FIELDS = 8

log = structlog.get_logger("entrance")


class SigningIn:
    """The routes of passwords and links."""

    def __init__(
        self, context: Context, *, attempts: Attempts, pages: OwnPages, hashing: Passwords, known: KnownBrowser
    ) -> None:
        self._context = context
        self._known = known
        self._attempts = attempts
        self._pages = pages
        self._passwords = hashing

    async def form(self, request: Request) -> Response:
        """Show the form; who is signed in already goes on."""
        wanted = self._pages.checked(request.query_params.get("next", ""))
        if await self._context.principal(request) is not None:
            return RedirectResponse(wanted, status_code=SEE_OTHER)
        return self._form(request, wanted=wanted)

    async def sign_in(self, request: Request) -> Response:
        """Sign in with an address and a password."""
        given = await request.form(max_files=0, max_fields=MOST_FIELDS)
        typed, password = str(given.get("email", "")), str(given.get("password", ""))
        wanted, email = self._pages.checked(str(given.get("next", ""))), _folded(typed)
        who = {"address": address_of(request), "email": email, "known": self._known.mark_of(request, email=email)}
        if not await run_in_threadpool(lambda: self._attempts.begin(**who)):
            log.warning("sign_in_limited", account=fingerprint(email), network=fingerprint(who["address"]))
            return self._form(request, wanted=wanted, email=typed, fault="sign_in.too_often", status=TOO_MANY)
        account = await run_in_threadpool(self._find, typed)
        password_hash = account.password_hash if account is not None and account.revoked_at is None else ""
        if not await self._passwords.matches(password, password_hash) or account is None:
            log.warning("sign_in_failed", account=fingerprint(email), network=fingerprint(who["address"]))
            return self._form(request, wanted=wanted, email=typed, fault="sign_in.wrong", status=UNAUTHORISED)
        await run_in_threadpool(lambda: self._attempts.succeeded(**who))
        return await self.signed_in(request, account, method="password", wanted=wanted)

    async def link(self, request: Request) -> Response:
        """Show a sign-in link; reading it does not use it up, because mail programs open links in advance."""
        token = request.query_params.get("token", "")
        found = await self._found_link(request, token, kind="sign_in")
        if found is None:
            return self._invalid(request, kind="sign_in")
        return page(
            request, "link", title="sign_in.title", token=token, email=found.account.email,
            next=self._pages.checked(request.query_params.get("next", "")),
        )  # fmt: skip

    async def use_link(self, request: Request) -> Response:
        """Sign in with a one-time link."""
        given = await request.form(max_files=0, max_fields=MOST_FIELDS)
        token = str(given.get("token", ""))
        found = await self._found_link(request, token, kind="sign_in")
        if found is None or await run_in_threadpool(links.use, self._context.store(), token) is None:
            return self._invalid(request, kind="sign_in")
        wanted = self._pages.checked(str(given.get("next", "")))
        return await self.signed_in(request, found.account, method="link", wanted=wanted)

    async def _found_link(self, request: Request, token: str, *, kind: Kind) -> Link | None:
        """Return a valid link of a kind; a network that tries many is answered as with a wrong one."""
        found = await run_in_threadpool(links.find, self._context.store(), token)
        if found is not None and found.kind == kind:
            return found
        await run_in_threadpool(lambda: self._attempts.begin(address=address_of(request)))
        return None

    async def invitation(self, request: Request) -> Response:
        """Show the invitation; reading it does not use it up, because mail programs open links in advance."""
        token = request.query_params.get("token", "")
        found = await self._found_link(request, token, kind="invitation")
        if found is None:
            return self._invalid(request, kind="invitation")
        return self._invitation(request, found.account, token=token)

    async def accept(self, request: Request) -> Response:
        """Set the password of an invited account and sign in."""
        given = await request.form(max_files=0, max_fields=MOST_FIELDS)
        token, password = str(given.get("token", "")), str(given.get("password", ""))
        store = self._context.store()
        found = await self._found_link(request, token, kind="invitation")
        if found is None:
            return self._invalid(request, kind="invitation")
        fault = passwords.fault(password, email=found.account.email)
        if fault:
            return self._invitation(request, found.account, token=token, fault=f"invitation.{fault}", status=400)
        password_hash = await self._passwords.hash(password)
        if await run_in_threadpool(links.use, store, token) is None:
            return self._invalid(request, kind="invitation")
        await run_in_threadpool(lambda: accounts.choose_password(store, found.account, password_hash=password_hash))
        await run_in_threadpool(self._keep_language, found.account, language_of(request))
        chosen = replace(found.account, password_hash=password_hash)
        return await self.signed_in(request, chosen, method="password", wanted=self._pages.first)

    async def signed_in(self, request: Request, account: Account, *, method: Method, wanted: str) -> Response:
        """Begin a sign-in, end the one before in this browser, and go on."""
        store, before = self._context.store(), token_of(request)
        if before:
            await run_in_threadpool(sign_ins.end, store, before)
        token = await run_in_threadpool(lambda: sign_ins.begin(store, account, method=method))
        if token is None:  # Revoked, or its password was replaced meanwhile.
            return self._form(request, wanted=wanted, email=account.email, fault="sign_in.wrong", status=UNAUTHORISED)
        answer = RedirectResponse(wanted, status_code=SEE_OTHER, headers={"Cache-Control": "no-store"})
        set_token(answer, token, request=request)
        self._known.set_mark(answer, email=account.email, secure=request.url.scheme == "https")
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the sign-in."""
        await run_in_threadpool(sign_ins.end, self._context.store(), token_of(request))
        answer = RedirectResponse("/sign-in", status_code=SEE_OTHER)
        delete_token(answer, request=request)
        return answer

    def _keep_language(self, account: Account, language: Language) -> None:
        """Send the account's letters in the language of its first sign-in; a choice of its own is left."""
        store = self._context.store()
        if language != Preferences().language and account.id not in every_preference(store):
            choose(store, account.id, language=language, reason="page")

    def _find(self, typed: str) -> Account | None:
        try:
            return accounts.find(self._context.store(), typed)
        except NotAnAccount:
            return None

    def _form(self, request: Request, *, wanted: str, email: str = "", fault: str = "", status: int = 200) -> Response:
        return page(
            request, "sign_in", title="sign_in.title", status=status, fault=fault, next=wanted, email=email,
            provider=self._context.provider,
        )  # fmt: skip

    def _invitation(
        self, request: Request, account: Account, *, token: str, fault: str = "", status: int = 200
    ) -> Response:
        return page(
            request, "invitation", title="invitation.title", status=status, fault=fault, token=token,
            email=account.email, role=self._context.role_in_words(request, account.role),
            provider=self._context.provider,
        )  # fmt: skip

    def _invalid(self, request: Request, *, kind: str) -> Response:
        return page(
            request, "message", title="link.title", status=GONE, text=self._context.say(request, f"link.{kind}")
        )


def address_of(request: Request) -> str:
    """Return the address that a request comes from."""
    return request.client.host if request.client is not None else ""


def _folded(typed: str) -> str:
    return typed.strip().casefold()[: accounts.LONGEST_EMAIL]


def fingerprint(text: str) -> str:
    """Return a short hash for logs, by which attempts on one account or from one network belong together."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
