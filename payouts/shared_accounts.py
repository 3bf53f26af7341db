"""Finds the accounts to pay nothing to: of unexplained transfers, or with the same bank account.

After a restore the store lacks recipients that the provider has. Their bank accounts are read from the provider, so
that one guest with two accounts is noticed although the first was lost.
"""

from __future__ import annotations

from collections.abc import Collection

from payouts.rail import Rail
from storage.store.engine import Store
from storage.store.payouts import shared_banks


def hold_shared(store: Store, rail: Rail, *, doubtful: Collection[str], actor: str) -> set[str]:
    """Hold planned payouts to recipients who share a bank account; return the accounts to pay nothing to.

    Args:
        store: The store.
        rail: The provider.
        doubtful: The accounts with transfers that the books do not explain.
        actor: Who sends the payouts.

    Raises:
        ProviderError: the provider does not answer.
    """
    saved = shared_banks.fingerprints(store, rail=rail.name)
    # Only accounts whose status was never saved are read: those adopted or unknown since a restore.
    unread = {each for each, bank in saved.items() if bank is None} | (set(doubtful) - saved.keys())
    banks = saved | {each: rail.bank_fingerprint(each) for each in sorted(unread)}
    unexplained = {banks.get(each) for each in doubtful} - {None}
    shared_banks.hold_shared(store, rail=rail.name, banks=banks, actor=actor)
    return {*doubtful, *(each for each, bank in banks.items() if bank in unexplained)}
