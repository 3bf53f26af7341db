"""The identity at a provider that an account belongs to, bound at its first sign-in there.

A provider may give a former employee's address to another person; the subject stays one person's (OpenID Connect
Core 1.0, section 5.7).
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from storage.store import audit
from storage.store.access.accounts import Account, of_row
from storage.store.engine import Store, serialise
from storage.store.schemas.access import account_identities, accounts


def recognise(store: Store, *, issuer: str, subject: str, verified_email: str) -> Account | None:
    """Return an identity's account, also a revoked one; bind an invited account's first identity.

    None if nobody is invited, and if the address's account belongs to another identity of this provider.

    Args:
        store: The store.
        issuer: The provider, as its token names it.
        subject: The person, as the provider identifies them for ever.
        verified_email: The address in lower case; empty if the provider has not verified it.
    """
    with store.begin() as connection:
        serialise(connection, f"identity:{issuer}")
        bound = connection.execute(
            select(*accounts.c)
            .join(account_identities, account_identities.c.account_id == accounts.c.id)
            .where(account_identities.c.issuer == issuer, account_identities.c.subject == subject)
        ).first()
        if bound is not None:
            return of_row(bound)
        row = connection.execute(select(accounts).where(accounts.c.email == verified_email)).first()
        if row is None or row.revoked_at is not None:
            return None if row is None else of_row(row)
        if _has_identity(connection, row.id, issuer=issuer):
            audit.record(
                connection, actor=row.email, action="account.identity_refused", subject=row.email,
                reason="other_identity",
            )  # fmt: skip
            return None
        connection.execute(
            insert(account_identities).values(issuer=issuer, subject=subject, account_id=row.id, bound_at=store.now())
        )
        audit.record(connection, actor=row.email, action="account.identity", subject=row.email, reason=issuer)
        return of_row(row)


def _has_identity(connection: Connection, account_id: str, *, issuer: str) -> bool:
    found = connection.execute(
        select(account_identities.c.subject).where(
            account_identities.c.account_id == account_id, account_identities.c.issuer == issuer
        )
    )
    return found.first() is not None
