"""An account's own choices: the language of its mail, and whether it gets the digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import insert, select, update

from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.access import accounts
from storage.store.schemas.digests import account_preferences

Language = Literal["sv", "en"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices of one account; the defaults hold until it chooses."""

    language: Language = "sv"
    digest: bool = True


def every_preference(store: Store) -> dict[str, Preferences]:
    """Return the choices of each account that has chosen, by its id."""
    columns = (account_preferences.c.account_id, account_preferences.c.language, account_preferences.c.digest)
    with store.reading() as connection:
        return {row.account_id: Preferences(row.language, row.digest) for row in connection.execute(select(*columns))}


def preferences_of(store: Store, account_id: str) -> Preferences:
    """Return an account's choices."""
    return every_preference(store).get(account_id, Preferences())


def choose(
    store: Store,
    account_id: str,
    *,
    digest: bool | None = None,
    language: Language | None = None,
    reason: str,
    actor: str = "",
) -> Preferences | None:
    """Change an account's choices; return them as they are then, None if there is no such account.

    Args:
        store: The store.
        account_id: The account.
        digest: Whether it gets the digest; None to leave it.
        language: The language of its mail; None to leave it.
        reason: Why, for the audit log: link, page, or a person's reason.
        actor: Who chose; by default the account itself.
    """
    with store.begin() as connection:
        serialise(connection, f"preferences:{account_id}")
        email = connection.execute(select(accounts.c.email).where(accounts.c.id == account_id)).scalar_one_or_none()
        if email is None:
            return None
        row = connection.execute(
            select(account_preferences).where(account_preferences.c.account_id == account_id)
        ).first()
        before = Preferences() if row is None else Preferences(row.language, row.digest)
        after = Preferences(
            before.language if language is None else language, before.digest if digest is None else digest
        )
        if row is not None and after == before:
            return after
        values = {"language": after.language, "digest": after.digest, "changed_at": store.now()}
        if row is None:
            connection.execute(insert(account_preferences).values(account_id=account_id, **values))
        else:
            connection.execute(
                update(account_preferences).where(account_preferences.c.account_id == account_id).values(values)
            )
        audit.record(
            connection, actor=actor or email, action="account.preferences", subject=email, reason=reason,
            details={"digest": after.digest, "language": after.language},
        )  # fmt: skip
    return after
