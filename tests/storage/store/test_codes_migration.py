"""Revision 0012 carries the sentences of older stores to codes, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from storage.store import outbox
from storage.store.engine import Store, make_engine
from storage.store.migrate import MIGRATIONS, migrate, revision
from storage.store.payouts import recipient_statuses, reconciliations
from storage.store.payouts.recipient_statuses import RecipientStatus
from storage.store.privacy import erasures
from storage.store.privacy.erasures import PlaceResult

MONDAY = date(2026, 11, 23)
pytestmark = pytest.mark.usefixtures("real_migrations")

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)

PAYOUT_CODES = {
    "held by a person": "held_by_person",
    "the bank account is another recipient's too": "shared_bank",
    "the recipient's transfers differ from the books": "unexplained_transfers",
    "not at the provider": "absent_at_provider",
    "the claim was taken back": "claim_withdrawn",
    "ProviderAway": "provider_away",
    "account_invalid": "account_invalid",
    "": "",
}
EVENT_CODES = {
    "nothing to do": "ignored",
    "an account of nobody we know": "unknown_account",
    "not there any more; transfers active": "bank_payout_gone",
    "Stripe does not answer": "provider_away",
    "refused": "provider_refused",
    "paid twice": "paid_twice",
    "adopted": "adopted",
    "in_transit": "in_transit",
}
DIFFERENCE_CODES = {
    "not ours": "not_ours",
    "another amount": "amount_differs",
    "another account": "account_differs",
    "paid twice": "paid_twice",
    "unknown reward": "unknown_reward",
    "redeemed as well": "also_redeemed",
    "in two payouts": "in_two_payouts",
    "not at the provider": "absent_at_provider",
}


def alembic(store: Store, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.begin() as connection:
        config.attributes["connection"] = connection
        current = revision(connection) or "0000"
        (command.downgrade if to < current else command.upgrade)(config, to)


@pytest.fixture
def old_store(store_url: str) -> Iterator[Store]:
    """Yield a store at revision 0011."""
    store = Store(make_engine(store_url), now=lambda: NOON)
    alembic(store, "0011")
    yield store
    store.close()


def add(store: Store, table: str, **values: object) -> None:
    types = {datetime: sa.DateTime(timezone=True), date: sa.Date(), list: sa.JSON(), dict: sa.JSON()}
    columns = [sa.column(name, types.get(type(value))) for name, value in values.items()]
    with store.begin() as connection:
        connection.execute(sa.insert(sa.table(table, *columns)).values(**values))


def column(store: Store, query: str) -> list[str]:
    with store.reading() as connection:
        return list(connection.execute(sa.text(query)).scalars())


def fill(store: Store) -> None:
    add(store, "payout_batches", id="b", day=MONDAY, rail="stripe", simulated=False, approval="given", planned_at=NOON)
    for number, code in enumerate(PAYOUT_CODES):
        add(store, "recipients", id=f"r{number}", rail="stripe", account=f"a{number}", simulated=False, added_at=NOON)
        add(
            store, "payout_instructions", id=f"i{number}", batch_id="b", recipient_id=f"r{number}", amount_ore=2000,
            state="held", code=code, changed_at=NOON,
        )  # fmt: skip
    for number, code in enumerate(("made before the store was put back", "ProviderRefuses", "timeout")):
        add(
            store, "payout_attempts", key=f"k{number}", instruction_id=f"i{number}", number=1, parameters="",
            parameters_hash="", outcome="absent", code=code, begun_at=NOON,
        )  # fmt: skip
    for number, note in enumerate(EVENT_CODES):
        add(
            store, "provider_events", id=f"e{number}", rail="stripe", kind="transfer.created", object_id="tr_1",
            account="", made_at=NOON, received_at=NOON, way="webhook", state="done", tries=0, note=note,
        )  # fmt: skip
    differences = [
        {"what": each, "instruction_id": "i1", "account": "a1", "reference": "tr_1"} for each in DIFFERENCE_CODES
    ]
    for found in (differences, []):
        add(
            store, "reconciliations", rail="stripe", at=NOON, actor="watch", agrees=not found, adopted=0,
            differences=found, ours_ore={"b": 1}, theirs_ore={"b": 2},
        )  # fmt: skip
    add(store, "tombstones", session_id="s", day=MONDAY, actor="guest", reason="asked on the receipt", created_at=NOON)
    add(store, "tombstones", session_id="t", day=MONDAY, actor="anna", reason="She phoned us", created_at=NOON)
    add(
        store,
        "day_states",
        day=MONDAY,
        state="redacted",
        actor="retention",
        reason="the time limit of words",
        changed_at=NOON,
    )
    add(
        store, "recipient_standings", recipient_id="r0", transfers="active", details_submitted=True, due=0,
        disabled_reason="", bank_fingerprint="f1", bank_last4="0003", checked_at=NOON,
    )  # fmt: skip


OLD_PLACES = {
    "landing": "waits for edge1, edge2",
    "lake": "3 old files wait",
    "store": "waits for a moment without readers",
    "beside": "remove .dagster/a.bin, .logs/b.log",
    "backups": "told",
}


def test_an_erasures_places_become_codes_with_details_and_back(old_store: Store) -> None:
    add(
        old_store,
        "erasures",
        session_id="s",
        day=MONDAY,
        asked_at=NOON,
        state="rewritten",
        attempts=1,
        places=OLD_PLACES,
    )
    migrate(old_store)
    found = erasures.find(old_store, "s")
    assert found is not None
    assert found.places == {
        "landing": PlaceResult("waiting_for_replicas", ("edge1", "edge2")),
        "lake": PlaceResult("old_files_left", ("3",)),
        "store": PlaceResult("readers_active"),
        "beside": PlaceResult("files_left", (".dagster/a.bin", ".logs/b.log")),
        "backups": PlaceResult("exported"),
    }
    alembic(old_store, "0011")
    with old_store.reading() as connection:
        rows = sa.table("erasures", sa.column("places", sa.JSON))
        assert connection.execute(sa.select(rows.c.places)).scalar_one() == OLD_PLACES


def test_old_sentences_become_codes(old_store: Store) -> None:
    fill(old_store)
    before, _ = outbox.touched_days(old_store, after=0)
    migrate(old_store)
    payouts = "SELECT code FROM payout_instructions ORDER BY id"
    assert column(old_store, payouts) == list(PAYOUT_CODES.values())
    attempts = column(old_store, "SELECT code FROM payout_attempts ORDER BY key")
    assert attempts == ["made_before_restore", "provider_refused", "timeout"]
    assert column(old_store, "SELECT code FROM provider_events ORDER BY id") == list(EVENT_CODES.values())
    first, second = reconciliations.of_day(old_store, MONDAY)
    assert [each["code"] for each in first.differences] == list(DIFFERENCE_CODES.values())
    assert {(*each,) for each in first.differences} == {("code", "instruction_id", "account", "reference")}
    assert second.differences == []
    assert column(old_store, "SELECT reason FROM tombstones ORDER BY session_id") == [
        "asked_on_receipt",
        "She phoned us",
    ]
    assert column(old_store, "SELECT reason FROM day_states") == ["words_expired"]
    assert outbox.touched_days(old_store, after=before)[1] == {MONDAY}


def test_recipients_keep_their_status_under_the_new_name(old_store: Store) -> None:
    fill(old_store)
    migrate(old_store)
    found = recipient_statuses.find(old_store, "r0")
    assert found == RecipientStatus("r0", "active", True, 0, "", "f1", "0003", NOON)
    with old_store.reading() as connection:
        inspector = sa.inspect(connection)
        names = [each["name"] for each in inspector.get_foreign_keys("recipient_statuses")]
        names += [each["name"] for each in inspector.get_indexes("recipient_statuses")]
        names += [each["name"] for each in inspector.get_check_constraints("recipient_statuses")]
        names.append(inspector.get_pk_constraint("recipient_statuses")["name"])
        assert not inspector.has_table("recipient_standings")
    assert sorted(str(each) for each in names) == [
        "ck_recipient_statuses_due_not_negative",
        "ck_recipient_statuses_transfers_known",
        "fk_recipient_statuses_recipient_id",
        "ix_recipient_statuses_bank_fingerprint",
        "pk_recipient_statuses",
    ]


def test_a_downgrade_puts_the_sentences_back(old_store: Store) -> None:
    fill(old_store)
    migrate(old_store)
    alembic(old_store, "0011")
    assert column(old_store, "SELECT code FROM payout_instructions ORDER BY id") == list(PAYOUT_CODES)
    assert column(old_store, "SELECT transfers FROM recipient_standings") == ["active"]
    assert "nothing to do" in column(old_store, "SELECT note FROM provider_events")
