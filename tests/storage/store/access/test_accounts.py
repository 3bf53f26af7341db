"""Accounts: who can be invited, what a change does, and links that work once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.store import audit
from storage.store.access import accounts, links, sign_ins
from storage.store.access.accounts import NotAnAccount
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.schemas.access import account_links, account_sessions

KNOWN = ("aurora", "malmohuset")


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(sqlite_url(tmp_path / "store.sqlite"))
    yield opened
    opened.close()


def invite(store: Store, email: str = "anna@example.se", role: str = "manager", cafes=("aurora",)):
    return accounts.invite(store, email=email, role=role, cafes=cafes, known_cafes=KNOWN, actor="test")


@pytest.mark.parametrize("email", ["", "anna", "anna@", "@x", "a b@x.se", "a@b@c", "<a@b.se>", "a@" + "b" * 300])
def test_what_is_no_address_is_refused(store: Store, email: str) -> None:
    with pytest.raises(NotAnAccount):
        invite(store, email)


def test_an_unknown_role_an_unknown_cafe_and_a_manager_without_one_are_refused(store: Store) -> None:
    for role, cafes in (("owner", None), ("manager", ("nowhere",)), ("manager", None), ("manager", ())):
        with pytest.raises(NotAnAccount):
            invite(store, role=role, cafes=cafes)
    assert accounts.every(store) == []


def test_an_address_is_one_account_however_it_is_written(store: Store) -> None:
    first = invite(store, "Anna@Example.se")
    assert invite(store, " anna@example.SE ").id == first.id
    assert accounts.find(store, "ANNA@example.se") == first


def test_a_change_raises_the_version_and_no_change_does_not(store: Store) -> None:
    assert [invite(store).version, invite(store).version] == [1, 1]
    changed = invite(store, cafes=("aurora", "malmohuset"))
    assert (changed.version, changed.cafes) == (2, frozenset(KNOWN))
    assert invite(store, role="admin", cafes=None).cafes is None


def test_revoking_ends_sign_ins_links_and_the_password(store: Store) -> None:
    account = invite(store)
    accounts.choose_password(store, account, password_hash="hash")
    token, link = (
        sign_ins.begin(store, account, method="password"),
        links.make(store, account, kind="sign_in", actor="t"),
    )
    revoked = accounts.revoke(store, email=account.email, actor="boss", reason="left")
    assert revoked.password_hash == "" and revoked.version == 2
    assert sign_ins.find(store, token) is None and links.use(store, link) is None
    assert accounts.revoke(store, email=account.email, actor="boss", reason="again") == revoked
    accounts.choose_password(store, account, password_hash="late")
    again = accounts.find(store, account.email)
    assert again is not None and again.password_hash == ""
    actions = [(one.action, one.actor) for one in audit.recent(store, 10) if one.action == "account.revoke"]
    assert actions == [("account.revoke", "boss")]


def test_an_invited_account_that_was_revoked_is_valid_again_without_its_old_sign_ins(store: Store) -> None:
    account = invite(store)
    token = sign_ins.begin(store, account, method="password")
    accounts.revoke(store, email=account.email, actor="boss", reason="left")
    assert invite(store).revoked_at is None
    assert sign_ins.find(store, token) is None


def test_a_link_works_once_also_if_used_twice_at_the_same_time(store: Store) -> None:
    token = links.make(store, invite(store), kind="sign_in", actor="test")
    with ThreadPoolExecutor(8) as threads:
        used = list(threads.map(lambda _: links.use(store, token), range(8)))
    assert sum(one is not None for one in used) == 1


def test_a_newer_link_replaces_the_older_one_of_its_kind_only(store: Store) -> None:
    account = invite(store)
    invitation = links.make(store, account, kind="invitation", actor="test")
    older, newer = (links.make(store, account, kind="sign_in", actor="test") for _ in range(2))
    assert links.find(store, older) is None
    assert links.find(store, newer) is not None and links.find(store, invitation) is not None


@pytest.mark.parametrize("kind", ["invitation", "sign_in"])
def test_a_link_expires(store: Store, kind) -> None:
    token = links.make(store, invite(store), kind=kind, actor="test")
    now = store.now()
    store.now = lambda: now + links.VALID_FOR[kind] + timedelta(seconds=1)
    assert links.find(store, token) is None and links.use(store, token) is None


def test_the_store_holds_no_token(store: Store) -> None:
    account = invite(store)
    tokens = {sign_ins.begin(store, account, method="link"), links.make(store, account, kind="sign_in", actor="t")}
    with store.reading() as connection:
        rows = [*connection.execute(select(account_sessions)), *connection.execute(select(account_links))]
    assert not any(token in repr(rows) for token in tokens)


def test_old_sign_ins_and_links_are_forgotten(store: Store) -> None:
    account = invite(store)
    sign_ins.begin(store, account, method="link")
    links.make(store, account, kind="invitation", actor="t")
    assert sign_ins.forget_old(store) == 0
    now = store.now()
    store.now = lambda: now + timedelta(days=40)
    assert sign_ins.forget_old(store) == 2
