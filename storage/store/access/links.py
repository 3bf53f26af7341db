"""One-time links: an invitation, or a sign-in without a password; the store has only the token's hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import insert, select, update

from storage.store import audit
from storage.store.access.accounts import Account, of_row
from storage.store.access.tokens import TOKEN_BYTES, hash_token
from storage.store.engine import Store, serialise
from storage.store.schemas.access import account_links, accounts

Kind = Literal["invitation", "sign_in"]

VALID_FOR: dict[Kind, timedelta] = {"invitation": timedelta(days=7), "sign_in": timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Link:
    """A valid link.

    Attributes:
        account: The account that it is for.
        kind: invitation or sign_in.
    """

    account: Account
    kind: Kind


def make(store: Store, account: Account, *, kind: Kind, actor: str) -> str:
    """Return the token of a new link; an earlier unused one of its kind becomes invalid."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with store.begin() as connection:
        serialise(connection, f"account:{account.email}")
        at = store.now()
        connection.execute(
            update(account_links)
            .where(
                account_links.c.account_id == account.id,
                account_links.c.kind == kind,
                account_links.c.used_at.is_(None),
            )
            .values(used_at=at)
        )
        connection.execute(
            insert(account_links).values(
                token_hash=hash_token(token), account_id=account.id, kind=kind, created_at=at,
                expires_at=at + VALID_FOR[kind], used_at=None,
            )
        )  # fmt: skip
        audit.record(connection, actor=actor, action="account.link", subject=account.email, reason=kind, at=at)
    return token


def find(store: Store, token: str) -> Link | None:
    """Return a valid link, without using it; None if it is used, expired, replaced or its account revoked."""
    query = (
        select(account_links.c.kind, *accounts.c)
        .join(accounts, accounts.c.id == account_links.c.account_id)
        .where(
            account_links.c.token_hash == hash_token(token),
            account_links.c.used_at.is_(None),
            account_links.c.expires_at > store.now(),
            accounts.c.revoked_at.is_(None),
        )
    )
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Link(of_row(row), row.kind)


def use(store: Store, token: str) -> Link | None:
    """Use a link up; None if it was not valid. Of two concurrent uses, one gets None."""
    link = find(store, token)
    if link is None:
        return None
    with store.begin() as connection:
        used = connection.execute(
            update(account_links)
            .where(account_links.c.token_hash == hash_token(token), account_links.c.used_at.is_(None))
            .values(used_at=store.now())
        )
    return link if used.rowcount == 1 else None
