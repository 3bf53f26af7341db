"""Sign-ins: begun by a password, a link or an identity provider; checked at every request, and ended.

A sign-in ends after a day without a request, after 30 days at most, when its account is revoked, and on request.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, insert, select, update

from pilot.access import Principal
from storage.store import audit
from storage.store.access.accounts import Account, of_row
from storage.store.access.tokens import TOKEN_BYTES, hash_token
from storage.store.engine import Store, serialise
from storage.store.schemas.access import account_links, account_sessions, accounts

Method = Literal["password", "link", "oidc", "test"]  # test: by the access test, not by a person

IDLE = timedelta(days=1)
LONGEST = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)  # A request writes at most this often.
FORGOTTEN_AFTER = timedelta(days=30)  # Of ended sign-ins and used links.


def begin(store: Store, account: Account, *, method: Method, actor: str = "") -> str | None:
    """Begin a sign-in; return the cookie's token.

    None if the account was revoked, or its password replaced, since `account` was read: a sign-in that waited for its
    password's hash must not outlive either.

    Args:
        store: The store.
        account: The account.
        method: How it was recognised.
        actor: Who signs in; by default the account itself.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with store.begin() as connection:
        serialise(connection, f"account:{account.email}")
        row = connection.execute(select(accounts).where(accounts.c.id == account.id)).first()
        if row is None or row.revoked_at is not None:
            return None
        if method == "password" and row.password_hash != account.password_hash:
            return None
        at = store.now()
        connection.execute(
            insert(account_sessions).values(
                token_hash=hash_token(token), account_id=account.id, method=method, created_at=at, seen_at=at
            )
        )
        audit.record(
            connection, actor=actor or account.email, action="account.sign_in", subject=account.email, reason=method
        )
    return token


def find(store: Store, token: str) -> Principal | None:
    """Return the principal of a valid sign-in and note that it was seen; None if it has ended.

    Raises:
        StoreAway: the store does not answer; the caller must refuse.
    """
    if not token:
        return None
    now = store.now()
    query = (
        select(account_sessions.c.seen_at, *accounts.c)
        .join(accounts, accounts.c.id == account_sessions.c.account_id)
        .where(
            account_sessions.c.token_hash == hash_token(token),
            account_sessions.c.ended_at.is_(None),
            account_sessions.c.created_at > now - LONGEST,
            account_sessions.c.seen_at > now - IDLE,
            accounts.c.revoked_at.is_(None),
        )
    )
    with store.reading() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    if now - row.seen_at > SEEN_EVERY:
        _seen(store, token, at=now)
    return of_row(row).principal


def end(store: Store, token: str) -> None:
    """End a sign-in; ending it again changes nothing."""
    with store.begin() as connection:
        connection.execute(
            update(account_sessions)
            .where(account_sessions.c.token_hash == hash_token(token), account_sessions.c.ended_at.is_(None))
            .values(ended_at=store.now())
        )


def end_others(store: Store, account: str, *, token: str = "") -> int:
    """End every sign-in of an account but the one of `token`; return how many."""
    with store.begin() as connection:
        ended = connection.execute(
            update(account_sessions)
            .where(
                account_sessions.c.account_id == account,
                account_sessions.c.ended_at.is_(None),
                account_sessions.c.token_hash != hash_token(token),
            )
            .values(ended_at=store.now())
        )
    return ended.rowcount


def last_seen(store: Store) -> dict[str, datetime]:
    """Return when each account was last seen, for accounts with a sign-in that is still stored."""
    with store.reading() as connection:
        rows = connection.execute(
            select(account_sessions.c.account_id, account_sessions.c.seen_at).where(account_sessions.c.method != "test")
        )
        found: dict[str, datetime] = {}
        for account, at in rows:
            found[account] = max(at, found.get(account, at))
    return found


def forget_old(store: Store) -> int:
    """Delete sign-ins and links that ended or expired 30 days ago; return how many."""
    before = store.now() - FORGOTTEN_AFTER
    with store.begin() as connection:
        sign_ins = connection.execute(delete(account_sessions).where(account_sessions.c.seen_at < before - IDLE))
        links = connection.execute(delete(account_links).where(account_links.c.expires_at < before))
    return sign_ins.rowcount + links.rowcount


def _seen(store: Store, token: str, *, at: datetime) -> None:
    with store.begin() as connection:
        connection.execute(
            update(account_sessions).where(account_sessions.c.token_hash == hash_token(token)).values(seen_at=at)
        )
