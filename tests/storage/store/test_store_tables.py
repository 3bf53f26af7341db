"""The store's tables on both engines: repeated calls change nothing, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from pilot.cafes import parse_cafes
from pilot.counts import InvalidCount
from pilot.identifiers import READABLE_ALPHABET, new_identifier, new_receipt_token, receipt_hash
from pilot.lake_tables.tables import CUSTOMER_COUNTS
from storage.errors import UnknownCode
from storage.lake_schema import polars_schema
from storage.store import audit, outbox
from storage.store.cafes import codes, customer_counts
from storage.store.cafes.seed import seed
from storage.store.connect import open_store
from storage.store.engine import Store
from storage.store.privacy import tombstones
from storage.store.privacy.tombstones import NotASession
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt
from storage.store.schemas.core import audit_log, metadata
from storage.store.schemas.core import codes as codes_table
from tests.storage.recorded import CHECKOUT

MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
CAFES = parse_cafes((CHECKOUT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")


def a_receipt(**changes: object) -> Receipt:
    receipt = Receipt(
        receipt_hash=receipt_hash(new_receipt_token()),
        reference="K7M2QP",
        session_id=new_identifier(),
        cafe="aurora",
        day=MONDAY,
        language="sv",
        simulated=False,
        created_at=NOON + timedelta(microseconds=123456),
        preliminary_score=71,
        preliminary_eligible=True,
        rubric_version="2026-11",
    )
    return replace(receipt, **changes)  # type: ignore[arg-type]


# Codes


def test_a_code_is_readable_and_found_as_typed(store: Store) -> None:
    code = codes.issue(store, cafe="aurora", label="table", actor="siv")
    assert len(code.code) == 6
    assert set(code.code) <= set(READABLE_ALPHABET)
    typed = f" {code.code[:3].lower()}-{code.code[3:]} "
    assert codes.find(store, typed) == code
    assert codes.find(store, "BBBBBB" if code.code != "BBBBBB" else "CCCCCC") is None
    assert codes.find(store, "å'; DROP TABLE codes") is None
    assert code.created_at.utcoffset() == timedelta(0)


def test_a_retired_code_is_found_but_not_active(store: Store) -> None:
    kept, retired = (codes.issue(store, cafe="aurora", label=label, actor="siv") for label in ("table", "till"))
    codes.retire(store, retired.code.lower(), actor="siv", reason="Skylten är borta.")
    found = codes.find(store, retired.code)
    assert found is not None
    assert found.retired_at is not None
    assert codes.active(store) == [kept]
    codes.retire(store, retired.code, actor="omar", reason="again")
    assert codes.find(store, retired.code) == found
    entry = audit.recent(store, 1)[0]
    assert (entry.action, entry.subject, entry.actor, entry.reason) == (
        "code.retire",
        retired.code,
        "siv",
        "Skylten är borta.",
    )


def test_retiring_an_unknown_code_is_refused(store: Store) -> None:
    with pytest.raises(UnknownCode, match="'nope'"):
        codes.retire(store, "nope", actor="siv", reason="x")


def test_a_code_is_never_issued_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["BCDFGH", "BCDFGH", "BCDFGH", "JKMNPQ"])
    monkeypatch.setattr(codes, "new_code", lambda: next(drawn))
    issued = [codes.issue(store, cafe="aurora", label="table", actor="test").code for _ in range(2)]
    assert issued == ["BCDFGH", "JKMNPQ"]


# Receipts


def test_a_receipt_is_found_by_hash_and_by_reference(store: Store) -> None:
    receipt = a_receipt()
    receipts.save(store, receipt)
    assert receipts.by_hash(store, receipt.receipt_hash) == receipt
    assert receipts.by_reference(store, "k7m-2qp") == [receipt]
    assert receipts.by_hash(store, "0" * 64) is None
    assert receipts.by_reference(store, "not a reference") == []


def test_saving_a_receipt_again_changes_nothing(store: Store) -> None:
    receipt = a_receipt(preliminary_score=None, preliminary_eligible=None)
    receipts.save(store, receipt)
    receipts.save(store, replace(receipt, preliminary_score=99))
    assert receipts.by_hash(store, receipt.receipt_hash) == receipt


def test_receipts_with_one_reference_are_found_newest_first(store: Store) -> None:
    older, newer = a_receipt(), a_receipt(created_at=NOON + timedelta(hours=1))
    for receipt in (older, newer):
        receipts.save(store, receipt)
    assert receipts.by_reference(store, "K7M2QP") == [newer, older]


def test_a_moment_without_a_time_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="no time zone"):
        receipts.save(store, a_receipt(created_at=datetime(2026, 11, 23, 11, 0)))


# Customer counts


def _report(store: Store, customers: int, *, cafe: str = "aurora", day: date = MONDAY, simulated: bool = False) -> None:
    customer_counts.report(
        store, cafe=cafe, day=day, customers=customers, source="manager", actor="siv", simulated=simulated
    )


def test_the_latest_count_is_current_and_every_report_is_audited(store: Store) -> None:
    for customers in (300, 310, 305):
        _report(store, customers)
    assert customer_counts.current(store, [MONDAY])["customers"].to_list() == [305]
    assert [entry.details["customers"] for entry in audit.recent(store, 9)] == [305, 310, 300]


def test_real_and_simulated_counts_are_separate(store: Store) -> None:
    _report(store, 300)
    _report(store, 9, simulated=True)
    current = customer_counts.current(store, [MONDAY])
    assert current.select("simulated", "customers").rows() == [(False, 300), (True, 9)]


def test_an_empty_frame_of_counts_is_typed(store: Store) -> None:
    _report(store, 300, day=MONDAY - timedelta(days=1))
    for days in ([MONDAY], []):
        empty = customer_counts.current(store, days)
        assert empty.height == 0
        assert dict(empty.schema) == polars_schema(CUSTOMER_COUNTS)


@pytest.mark.parametrize("customers", [-1, 20_001])
def test_an_invalid_count_is_refused_and_touches_no_day(customers: int, store: Store) -> None:
    with pytest.raises(InvalidCount, match=str(customers)):
        _report(store, customers)
    assert outbox.touched_days(store, after=0) == (0, frozenset())


# Tombstones and the outbox


def test_an_erased_session_touches_its_day_once(store: Store) -> None:
    session = new_identifier(at=NOON)
    for _ in range(2):
        tombstones.add(store, session_id=session, actor="guest", reason="receipt page")
    assert tombstones.for_day(store, MONDAY) == frozenset({session})
    assert tombstones.for_day(store, MONDAY + timedelta(days=1)) == frozenset()
    assert outbox.touched_days(store, after=0)[1] == frozenset({MONDAY})
    assert len(audit.recent(store, 10)) == 1


def test_only_a_session_can_be_erased(store: Store) -> None:
    with pytest.raises(NotASession, match="UUID of version 7"):
        tombstones.add(store, session_id="K7M2QP", actor="guest", reason="x")


def test_the_outbox_returns_each_change_once(store: Store) -> None:
    _report(store, 1)
    _report(store, 2, day=MONDAY + timedelta(days=2))
    position, days = outbox.touched_days(store, after=0)
    assert days == frozenset({MONDAY, MONDAY + timedelta(days=2)})
    assert outbox.touched_days(store, after=position) == (position, frozenset())
    _report(store, 3)
    later, days = outbox.touched_days(store, after=position)
    assert later > position
    assert days == frozenset({MONDAY})


@pytest.mark.postgresql
def test_the_cursor_never_skips_a_late_commit(postgresql_url: str) -> None:
    store = open_store(postgresql_url)
    second_done = threading.Event()

    def second() -> None:
        _report(store, 2, day=MONDAY + timedelta(days=1))
        second_done.set()

    with store.begin() as connection:
        outbox.touch(connection, day=MONDAY, reason="slow", at=NOON)
        thread = threading.Thread(target=second)
        thread.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        while not connection.execute(waiting).scalar_one():
            assert not second_done.is_set(), "it overtook the transaction before it"
        position, days = outbox.touched_days(store, after=0)
        assert (position, days) == (0, frozenset())
    thread.join()
    assert outbox.touched_days(store, after=0)[1] == frozenset({MONDAY, MONDAY + timedelta(days=1)})
    store.close()


# Audit log and seed


def test_the_audit_log_returns_the_latest_entries_first(store: Store) -> None:
    with store.begin() as connection:
        for number in range(3):
            audit.record(connection, actor="siv", action="x.y", subject=f"å{number}", details={"n": [number]}, at=NOON)
    entries = audit.recent(store, 2)
    assert [(entry.subject, entry.details, entry.at) for entry in entries] == [
        ("å2", {"n": [2]}, NOON),
        ("å1", {"n": [1]}, NOON),
    ]


def test_seeding_issues_one_code_for_each_cafe_once(store: Store) -> None:
    issued = seed(store, CAFES)
    assert [code.cafe for code in issued] == list(CAFES.ids)
    assert {code.label for code in issued} == {"table"}
    assert seed(store, CAFES) == []
    assert len(codes.active(store)) == len(CAFES.ids)


def test_seeding_does_not_replace_a_retired_code(store: Store) -> None:
    first = seed(store, CAFES)[0]
    codes.retire(store, first.code, actor="siv", reason="gone")
    assert seed(store, CAFES) == []


SEED = """
import sys
from pilot.cafes import parse_cafes
from storage.store.connect import open_store
from storage.store.cafes.seed import seed
cafes = parse_cafes(open("cafes.toml", encoding="utf-8").read(), source="cafes.toml")
sys.stdin.readline()
print(len(seed(open_store(sys.argv[1]), cafes)))
"""


@pytest.mark.processes
def test_two_concurrent_processes_seed_one_code_for_each_cafe(store_url: str) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SEED, store_url],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    issued = [int(process.communicate("go\n", timeout=60)[0]) for process in started]
    assert sum(issued) == len(CAFES.ids)
    store = open_store(store_url)
    assert sorted(code.cafe for code in codes.active(store)) == sorted(CAFES.ids)
    with store.reading() as connection:
        assert len(connection.execute(select(audit_log.c.id)).all()) == len(CAFES.ids)
    store.close()


def test_the_store_has_no_column_for_a_guests_words() -> None:
    names = {column.name for table in metadata.tables.values() for column in table.columns}
    assert not names & {"transcript", "text", "words", "reply", "heard", "question", "quote"}


def test_errors_do_not_show_the_values_of_a_statement(store: Store) -> None:
    with pytest.raises(Exception, match="codes") as caught, store.begin() as connection:
        for _ in range(2):
            connection.execute(insert(codes_table).values(code="XXXXXX", cafe="hush-hush", label="x", created_at=NOON))
    assert "hush-hush" not in str(caught.value).split("DETAIL")[0]
