"""An erased session is unlinked from its money, and the books stay as they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from pilot.identifiers import new_identifier
from storage.store.engine import Store
from storage.store.ledger.auditor import audit_money
from storage.store.ledger.bookkeeping import balances
from storage.store.privacy import erasures, money_erasure, tombstones
from storage.store.rewards import decisions, reward_rows, vouchers
from storage.store.rewards.reward_cases import Candidate, Judgement
from storage.store.rewards.vouchers import Issuer
from storage.store.schemas.money import reward_decisions

DAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DEVICE = "d" * 64


@pytest.fixture
def session(store: Store) -> str:
    """A session with a reward and its voucher."""
    session = new_identifier(at=AT)
    decide(store, session)
    return session


def decide(store: Store, session: str) -> None:
    issuer = Issuer(
        code_hash=lambda reward_id, number: f"{reward_id}:{number}",
        valid=timedelta(days=30),
        reward_id=lambda session_id: str(uuid5(NAMESPACE_OID, session_id)),
    )
    given = Candidate(session, DAY, "aurora", True, True, 80, 80, True, None, (), DEVICE, "1", "1")
    judgement = Judgement("eligible", amount_ore=2000)
    decisions.decide(
        store, [given], decision_rule=lambda _candidate, _facts: judgement, issuer=issuer, decided_by="assets"
    )


def is_linked(connection: Connection, session: str) -> bool:
    """Return whether a decision still names a session."""
    query = select(reward_decisions.c.reward_id).where(reward_decisions.c.session_id == session)
    return connection.execute(query).first() is not None


def everything(store: Store) -> str:
    with store.reading() as connection:
        names = ("reward_decisions", "reward_rulings", "vouchers", "ledger")
        return str([list(connection.execute(text(f"SELECT * FROM {name}"))) for name in names])


def test_the_books_stay_and_name_neither_session_nor_device(store: Store, session: str) -> None:
    before = decisions.find(store, session)
    assert before is not None
    owed = balances(store, simulated=True)
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    erasures.pseudonymise(store, session)
    assert erasures.wipe_pages(store)
    assert session not in everything(store)
    assert DEVICE not in everything(store)
    assert before.reward_id in everything(store)
    assert balances(store, simulated=True) == owed
    assert audit_money(store) == []
    (kept,) = decisions.of_day(store, DAY)
    assert kept.session_id.startswith(money_erasure.PSEUDONYM)
    assert (kept.reward_id, kept.amount_ore, kept.decided_at) == (before.reward_id, 2000, before.decided_at)
    voucher = vouchers.of_reward(store, before.reward_id)
    assert voucher is not None
    assert voucher.state == "issued"
    assert reward_rows.of_day(store, DAY).height == 0


def test_a_decision_added_during_an_erasure_is_unlinked_too(store: Store) -> None:
    session = new_identifier(at=AT)
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    erasures.pseudonymise(store, session)
    decide(store, session)
    with store.reading() as connection:
        assert is_linked(connection, session)
    erasures.pseudonymise(store, session)
    with store.reading() as connection:
        assert not is_linked(connection, session)


def test_a_session_unlinked_from_its_decision_is_not_decided_again(store: Store, session: str) -> None:
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    erasures.pseudonymise(store, session)
    books = everything(store)
    decide(store, session)
    assert everything(store) == books


def test_a_session_that_was_not_erased_is_never_unlinked(store: Store, session: str) -> None:
    erasures.pseudonymise(store, session)
    assert decisions.find(store, session) is not None


@pytest.mark.parametrize(
    "change",
    [
        "amount_ore = 9000",
        "session_id = 'erased-x'",
        "session_id = 'erased-x', device = NULL, amount_ore = 1",
        "session_id = 'erased-x', device = NULL, held_until = '2026-01-01'",
        "session_id = 'another', device = NULL",
        "device = NULL",
    ],
)
def test_the_database_refuses_any_other_change_of_a_decision(store: Store, session: str, change: str) -> None:
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    with pytest.raises(DBAPIError, match="can only be added to"), store.begin() as connection:
        connection.execute(text(f"UPDATE reward_decisions SET {change}"))


def test_the_database_unlinks_no_session_without_a_tombstone(store: Store, session: str) -> None:
    with pytest.raises(DBAPIError, match="can only be added to"), store.begin() as connection:
        connection.execute(text("UPDATE reward_decisions SET session_id = 'erased-x', device = NULL"))
