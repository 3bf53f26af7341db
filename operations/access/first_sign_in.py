"""The link that signs the first administrator in, so that a new home needs no typing."""

from __future__ import annotations

from storage.home import Home
from storage.store.access import accounts, links

FIRST = "admin@localhost"


def first_link(home: Home, *, actor: str) -> str:
    """Return a one-time link that signs in the home's own administrator; create the account once."""
    store = home.store()
    account = accounts.find(store, FIRST)
    if account is None or account.revoked_at is not None:
        account = accounts.invite(store, email=FIRST, role="admin", cafes=None, known_cafes=(), actor=actor)
    return link_address(home, links.make(store, account, kind="sign_in", actor=actor), path="/link")


def link_address(home: Home, token: str, *, path: str) -> str:
    """Return the address of a link's token: /link to sign in, /invitation to choose a password."""
    return f"{home.settings.entrance_url}{path}?token={token}"
