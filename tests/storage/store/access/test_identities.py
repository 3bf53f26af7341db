"""An account belongs to the first person who signs in at a provider with its address."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.store.access import accounts
from storage.store.access.identities import recognise
from storage.store.engine import Store

ISSUER = "https://accounts.example"
EMAIL = "anna@example.se"


@pytest.fixture
def invited(store: Store) -> str:
    return accounts.invite(store, email=EMAIL, role="support", cafes=None, known_cafes=("aurora",), actor="test").id


def person(store: Store, subject: str, *, email: str = EMAIL, issuer: str = ISSUER) -> str | None:
    account = recognise(store, issuer=issuer, subject=subject, verified_email=email)
    return account.id if account else None


def test_the_same_person_is_recognised_under_a_new_address(store: Store, invited: str) -> None:
    assert person(store, "1") == invited
    assert person(store, "1", email="anna.berg@example.se") == invited
    assert person(store, "1", email="") == invited


def test_an_unverified_address_binds_nothing(store: Store, invited: str) -> None:
    assert person(store, "1", email="") is None
    assert person(store, "2") == invited


def test_a_person_of_another_provider_is_bound_apart(store: Store, invited: str) -> None:
    assert person(store, "1") == invited
    assert person(store, "1", email="", issuer="https://other.example") is None
    assert person(store, "9", issuer="https://other.example") == invited


def test_a_revoked_account_is_bound_to_nobody(store: Store, invited: str) -> None:
    accounts.revoke(store, email=EMAIL, actor="test", reason="left")
    found = recognise(store, issuer=ISSUER, subject="1", verified_email=EMAIL)
    assert found is not None and found.revoked_at is not None
    accounts.invite(store, email=EMAIL, role="support", cafes=None, known_cafes=("aurora",), actor="test")
    assert person(store, "2") == invited and person(store, "1") is None


def test_of_two_people_at_once_one_is_bound(store: Store, invited: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: person(store, str(number)), range(8)))
    assert found.count(invited) == 1 and found.count(None) == 7
