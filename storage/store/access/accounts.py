"""Accounts: invited, changed and revoked; each change is audited and raises the version."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from pilot.access import ROLES, Principal, Role
from pilot.composed import composed
from pilot.identifiers import new_identifier
from storage.errors import StorageError
from storage.store import audit
from storage.store.access.tokens import hash_token
from storage.store.engine import Store, serialise
from storage.store.schemas.access import account_identities, account_links, account_sessions, accounts

LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,190}")


class NotAnAccount(StorageError):
    """No account has this address, or the details of a new one do not fit together."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes:
        id: Its id.
        email: Its address in lower case; of the first administrator admin@localhost.
        role: Its role.
        cafes: The cafés that it may see; None for all.
        password_hash: Argon2 hash; empty without a password.
        version: Rises with every change.
        created_at: When it was invited, UTC.
        revoked_at: When it was revoked, UTC; None if it is not.
    """

    id: str
    email: str
    role: Role
    cafes: frozenset[str] | None
    password_hash: str
    version: int
    created_at: datetime
    revoked_at: datetime | None

    @property
    def principal(self) -> Principal:
        """Return what pages and commands need to know of it."""
        return Principal(self.id, self.email, self.role, self.cafes, self.version)


def invite(
    store: Store, *, email: str, role: str, cafes: Collection[str] | None, known_cafes: Collection[str], actor: str
) -> Account:
    """Create an account, or change one to this role and these cafés; a revoked one is valid again.

    Args:
        store: The store.
        email: Its address.
        role: Its role.
        cafes: The cafés that it may see; None for all. A manager needs at least one.
        known_cafes: The ids of the pilot's cafés.
        actor: Who invites.

    Raises:
        NotAnAccount: the address, the role or a café is not valid.
    """
    email = normal_email(email)
    if role not in ROLES:
        raise NotAnAccount(f"The role {role!r} does not exist.", remedy=f"Use one of: {', '.join(ROLES)}.")
    unknown = sorted(set(cafes or ()) - set(known_cafes))
    if unknown:
        raise NotAnAccount(
            f"The café {unknown[0]!r} does not exist.", remedy=f"Use some of: {', '.join(sorted(known_cafes))}."
        )
    if role == "manager" and not cafes:
        raise NotAnAccount("A manager needs a café.", remedy="Name each one: --cafe aurora --cafe malmohuset.")
    chosen = None if role != "manager" and not cafes else sorted(set(cafes or ()))
    with store.begin() as connection:
        serialise(connection, f"account:{email}")
        found = _find(connection, email)
        at = store.now()
        if found is None:
            connection.execute(
                insert(accounts).values(
                    id=str(new_identifier()), email=email, role=role, cafes=chosen, password_hash="", version=1,
                    created_at=at, revoked_at=None,
                )
            )  # fmt: skip
        else:
            wanted = (role, None if chosen is None else frozenset(chosen), None)
            if (found.role, found.cafes, found.revoked_at) == wanted:
                return found
            if found.revoked_at is not None:
                end_everything(connection, found.id, at=at)
            connection.execute(
                update(accounts)
                .where(accounts.c.id == found.id)
                .values(role=role, cafes=chosen, version=found.version + 1, revoked_at=None)
            )
        audit.record(
            connection, actor=actor, action="account.invite" if found is None else "account.change", subject=email,
            details={"role": role, "cafes": "all" if chosen is None else chosen}, at=at,
        )  # fmt: skip
        account = _find(connection, email)
    assert account is not None
    return account


def revoke(store: Store, *, email: str, actor: str, reason: str) -> Account:
    """Revoke an account: its sign-ins end, its links become invalid; revoking it again changes nothing.

    Raises:
        NotAnAccount: no account has this address.
    """
    email = normal_email(email)
    with store.begin() as connection:
        serialise(connection, f"account:{email}")
        found = _find(connection, email)
        if found is None:
            raise NotAnAccount("No account has this address.", remedy="`pilot account list` shows every account.")
        if found.revoked_at is not None:
            return found
        at = store.now()
        connection.execute(
            update(accounts)
            .where(accounts.c.id == found.id)
            .values(revoked_at=at, version=found.version + 1, password_hash="")
        )
        end_everything(connection, found.id, at=at)
        audit.record(connection, actor=actor, action="account.revoke", subject=email, reason=reason, at=at)
        account = _find(connection, email)
    assert account is not None
    return account


def end_everything(connection: Connection, account_id: str, *, at: datetime) -> None:
    """End an account's sign-ins, links and bound identities, within the transaction of the change."""
    connection.execute(delete(account_identities).where(account_identities.c.account_id == account_id))
    connection.execute(
        update(account_sessions)
        .where(account_sessions.c.account_id == account_id, account_sessions.c.ended_at.is_(None))
        .values(ended_at=at)
    )
    connection.execute(
        update(account_links)
        .where(account_links.c.account_id == account_id, account_links.c.used_at.is_(None))
        .values(used_at=at)
    )


def choose_password(store: Store, account: Account, *, password_hash: str, own_token: str = "") -> None:
    """Store the hash of the password that the account's owner chose, and end the sign-ins made before.

    A revoked account stays without a password.

    Args:
        store: The store.
        account: The account.
        password_hash: The hash.
        own_token: The token of the sign-in that goes on; empty for none.
    """
    with store.begin() as connection:
        serialise(connection, f"account:{account.email}")
        connection.execute(
            update(account_sessions)
            .where(
                account_sessions.c.account_id == account.id,
                account_sessions.c.ended_at.is_(None),
                account_sessions.c.token_hash != hash_token(own_token),
            )
            .values(ended_at=store.now())
        )
        connection.execute(
            update(accounts)
            .where(accounts.c.id == account.id, accounts.c.revoked_at.is_(None))
            .values(password_hash=password_hash)
        )
        audit.record(connection, actor=account.email, action="account.password", subject=account.email)


def find(store: Store, email: str) -> Account | None:
    """Return the account of an address, also a revoked one; None if there is none."""
    with store.reading() as connection:
        return _find(connection, normal_email(email))


def every(store: Store) -> list[Account]:
    """Return every account, by address."""
    with store.reading() as connection:
        return [of_row(row) for row in connection.execute(select(accounts).order_by(accounts.c.email))]


def of_row(row: Row[Any]) -> Account:
    """Return the account of a row of the table."""
    cafes = None if row.cafes is None else frozenset(row.cafes)
    return Account(
        row.id, row.email, row.role, cafes, row.password_hash, row.version, row.created_at, row.revoked_at
    )  # fmt: skip


def normal_email(text: str) -> str:
    """Return an address as it is stored: composed, in lower case.

    Raises:
        NotAnAccount: it is not an address.
    """
    email = composed(text).strip().lower()
    if not email.rpartition("@")[2].isascii() or len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise NotAnAccount("That is not an e-mail address.", remedy="Expected a form such as anna@kafe-aurora.se.")
    return email


def _find(connection: Connection, email: str) -> Account | None:
    row = connection.execute(select(accounts).where(accounts.c.email == email)).first()
    return None if row is None else of_row(row)
