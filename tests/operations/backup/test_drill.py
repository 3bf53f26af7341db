"""A drill passes on a right backup only; a verification finds a flipped byte in any of them."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake
from pydantic import SecretStr
from sqlalchemy import text

from operations.backup import make
from operations.backup.catalog import Backup, backup_folder
from operations.backup.drill import drill, last_drill
from operations.backup.make import make_backup, make_recent
from operations.backup.verify import verify_all
from operations.data_verification import verify_data
from payouts.deciding import decide_sessions
from pilot.identifiers import new_identifier
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PILOT_KPIS, SESSIONS, TURNS, UPTIME
from pilot.settings import Settings
from pipelines.figures.kpis import pilot_kpis
from storage.backup.store_contents import StoreContents
from storage.home import STORE_FILE, Home, open_home
from storage.lake import polars_schema
from storage.landing.segments import publish
from storage.store import audit
from storage.store.engine import Store
from tests.events import whole_visit
from tests.payouts.test_deciding import candidate
from tests.payouts.world import CHECKOUT
from tests.postgresql import running_cluster

pytestmark = pytest.mark.usefixtures("quick_passphrase")

KEY = SecretStr("correct horse battery staple")
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)
OTHERS = {"turns": TURNS, "uptime": UPTIME, "customer_counts": CUSTOMER_COUNTS, "payments": PAYMENTS}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a guest, a decided reward and a day's KPIs."""
    return fill(open_home(Settings(home=tmp_path / "hem", backup_key=KEY, cafes_file=CHECKOUT / "cafes.toml")))


def fill(home: Home) -> Home:
    publish(home.segments(), whole_visit().events, replica="edge1", identifier=new_identifier())
    guests = [candidate(session_id="g-1", cafe="aurora", simulated=True)]
    decide_sessions(home.store(), guests, cafes=home.cafes(), secret=home.secret(), decided_by="watch")
    row = dict.fromkeys(SESSIONS.names) | {
        "session_id": "s-1", "day": DAY, "cafe": "aurora", "simulated": False, "outcome": "completed",
    }  # fmt: skip
    for column in SESSIONS.columns:
        if column.required and row[column.name] is None:
            row[column.name] = {"integer": 0, "float": 0.0, "boolean": False, "moment": NOW, "day": DAY}.get(
                column.kind, "none"
            )
    sessions = pl.DataFrame([row], schema=polars_schema(SESSIONS), orient="row")
    home.lake().replace_partition(SESSIONS, DAY, sessions, commit={})
    write_kpis(home, sessions)
    return home


def write_kpis(home: Home, sessions: pl.DataFrame) -> None:
    empty = {name: home.lake().read(table) for name, table in OTHERS.items()}
    kpis = pilot_kpis(day=DAY, as_of=NOW, cafes=home.cafes(), sessions=sessions, **empty)
    home.lake().replace_partition(PILOT_KPIS, DAY, kpis, commit={})


def ticking(seconds: float) -> Callable[[], float]:
    moments = itertools.count(0.0, seconds)
    return lambda: next(moments)


def test_a_drill_restores_the_newest_backup_verifies_it_and_is_recorded(home: Home) -> None:
    base = make_backup(home, now=NOW - timedelta(hours=2))
    recent = make_recent(home, now=NOW - timedelta(minutes=1), base=base, last=None)
    assert recent is not None
    done = drill(home, now=NOW, actor="test", timer=ticking(7))
    assert (done.passed, done.fault) == (True, "")
    assert (done.backup, done.database_seconds, done.home_seconds) == (recent.path.name, 7, 7)
    assert [each.name for each in done.checks] == ["store", "ledger", "lake", "KPIs"]
    entry = last_drill(home)
    assert entry is not None
    assert (entry.subject, entry.details["passed"], entry.details["home_seconds"]) == (recent.path.name, True, 7)
    assert sorted(path.name for path in home.root.parent.iterdir()) == ["hem", "hem-backups"]


def test_a_drill_without_a_backup_fails(home: Home) -> None:
    assert not drill(home, now=NOW, actor="test").passed


def test_a_drill_slower_than_the_recovery_objectives_fails(home: Home) -> None:
    make_backup(home, now=NOW)
    slow = drill(home, now=NOW, actor="test", timer=ticking(31 * 60))
    assert (slow.passed, slow.fault) == (False, "")


def damaged_copy(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the next backup copy a store that a statement has damaged after it was listed."""
    copy_store = make.copy_store

    def copy(store: Store, folder: Path) -> tuple[Path, StoreContents]:
        path, contents = copy_store(store, folder)
        with closing(sqlite3.connect(path)) as connection, connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")  # the ledger can only be added to
            connection.execute(statement)
        return path, contents

    monkeypatch.setattr(make, "copy_store", copy)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DROP TABLE vouchers", "table vouchers is missing"),
        ("DELETE FROM ledger", "table ledger has 0 rows"),
        ("UPDATE ledger SET amount_ore = amount_ore + 1", "table ledger has other rows"),
        ("DROP TABLE alembic_version", "alembic_version is missing"),
        ("CREATE TABLE extra (id INTEGER)", "extra is not in the manifest"),
    ],
)
def test_a_drill_fails_on_a_store_that_is_not_the_one_listed(
    home: Home, monkeypatch: pytest.MonkeyPatch, statement: str, fault: str
) -> None:
    damaged_copy(statement, monkeypatch)
    make_backup(home, now=NOW)
    done = drill(home, now=NOW, actor="test")
    assert not done.passed
    assert fault in done.fault
    assert list(home.root.parent.glob(".*")) == []


def test_a_drill_fails_on_a_backup_made_of_a_store_without_a_table(home: Home) -> None:
    with home.store().begin() as connection:
        connection.execute(text("DROP TABLE voucher_failures"))
    make_backup(home, now=NOW)
    done = drill(home, now=NOW, actor="test")
    assert not done.passed
    assert [(each.name, each.found) for each in done.checks if not each.ok] == [
        ("store", "table voucher_failures is missing"),
        ("ledger", "the money cannot be audited without the table voucher_failures"),
    ]


def test_figures_that_their_sessions_do_not_give_are_found(home: Home) -> None:
    write_kpis(home, home.lake().read(SESSIONS).with_columns(outcome=pl.lit("abandoned")))
    (wrong,) = [each for each in verify_data(home) if not each.ok]
    assert wrong.name == "KPIs"
    assert "completion of aurora on 2026-11-23" in wrong.found


def test_figures_of_a_run_that_was_cut_off_wait_and_an_earlier_day_is_recomputed(home: Home) -> None:
    sessions = home.lake().read(SESSIONS)
    home.lake().replace_partition(SESSIONS, DAY, sessions.with_columns(outcome=pl.lit("abandoned")), commit={})
    (kpis,) = [each for each in verify_data(home) if each.name == "KPIs"]
    assert kpis.ok and f"none is whole; {DAY} to be rebuilt" in kpis.found
    before = DAY - timedelta(days=1)
    wrong = home.lake().read(PILOT_KPIS).with_columns(day=pl.lit(before), value=pl.lit(0.5), numerator=pl.lit(1.0))
    home.lake().replace_partition(PILOT_KPIS, before, wrong, commit={})
    (kpis,) = [each for each in verify_data(home) if each.name == "KPIs"]
    assert not kpis.ok and f"on {before} has another numerator" in kpis.found


def test_rows_that_refer_to_nothing_are_found(home: Home) -> None:
    with closing(sqlite3.connect(home.root / STORE_FILE)) as connection, connection:  # it enforces no reference
        connection.execute("INSERT INTO reward_rulings VALUES ('lost', 1, 'test', 'test', '2026-11-23T11:00:00')")
    assert "1 rows of reward_rulings refer to nothing" in [
        each.found for each in verify_data(home) if each.name == "store" and not each.ok
    ]


def test_an_unbalanced_ledger_is_found(home: Home) -> None:
    with home.store().begin() as connection:
        connection.execute(
            text(
                "INSERT INTO ledger SELECT 99, 'again', reward_id, cafe, simulated, debit, credit,"
                " amount_ore, booked_at FROM ledger LIMIT 1"
            )
        )
    assert [each.name for each in verify_data(home) if not each.ok] == ["ledger"]


def test_a_right_home_passes_every_check(home: Home) -> None:
    assert [each for each in verify_data(home) if not each.ok] == []


def test_a_key_may_return_on_another_day_and_not_on_the_same(home: Home) -> None:
    kpis = home.lake().read(PILOT_KPIS)
    home.lake().replace_partition(
        PILOT_KPIS, DAY + timedelta(days=1), kpis.with_columns(day=pl.lit(DAY + timedelta(days=1))), commit={}
    )
    (lake,) = [each for each in verify_data(home) if each.name == "lake"]
    assert lake.ok, lake
    # The lake refuses a double, so it is written past it.
    write_deltalake(str(home.root / "lake" / PILOT_KPIS.name), kpis.head(1).to_arrow(), mode="append")
    (lake,) = [each for each in verify_data(home) if each.name == "lake"]
    assert not lake.ok and "pilot_kpis has a key twice" in str(lake)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_flipped_byte_in_any_backup_is_found(home: Home, place: float) -> None:
    made = [make_backup(home, now=NOW + timedelta(hours=hours)) for hours in range(2)]
    recent = make_recent(home, now=NOW + timedelta(hours=3), base=made[1], last=None)
    assert recent is not None
    assert verify_all(home, now=NOW, actor="test").passed
    for each in (*made, recent):
        flip(each, place)
        found = verify_all(home, now=NOW, actor="test")
        assert not found.passed
        assert set(found.damaged) == {each.path.name}
        flip(each, place)
    assert audit.recent(home.store(), 1)[0].details["backups"] == 2


def flip(backup: Backup, place: float) -> None:
    with backup.content.open("r+b") as file:
        file.seek(int(backup.manifest.content_bytes * place))
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))


def test_a_verification_names_a_damaged_manifest_and_an_empty_folder(home: Home) -> None:
    assert not verify_all(home, now=NOW, actor="test").passed
    made = make_backup(home, now=NOW)
    (made.path / "manifest.json").write_text("{", "utf-8")
    assert set(verify_all(home, now=NOW, actor="test").damaged) == {made.path.name}
    assert backup_folder(home.settings).is_dir()


def test_another_key_is_named_as_such_and_never_as_damage(home: Home) -> None:
    before = make_backup(home, now=NOW)
    renewed = home.settings.model_copy(update={"backup_key": SecretStr("a second key that nobody guesses")})
    opened = Home(settings=renewed, root=home.root, kind=home.kind)
    found = verify_all(opened, now=NOW, actor="test")
    assert (found.damaged, found.other_key, found.passed) == ({}, (before.path.name,), False)
    after = make_backup(opened, now=NOW + timedelta(hours=1))
    found = verify_all(opened, now=NOW, actor="test")
    assert (found.whole, found.other_key, found.passed) == ((after.path.name,), (before.path.name,), True)
    # The former key, set by mistake: it does not open the newest.
    found = verify_all(home, now=NOW, actor="test")
    assert (found.damaged, found.other_key, found.passed) == ({}, (after.path.name,), False)
    for place in (0.0, 0.1, 0.5):  # damage stays damage, whatever the key
        flip(before, place)
        assert set(verify_all(opened, now=NOW, actor="test").damaged) == {before.path.name}
        flip(before, place)
    (entry,) = audit.recent(home.store(), 1)
    assert (entry.action, entry.details["other_key"]) == ("backup.verify", 0)


@pytest.mark.postgresql
def test_a_drill_of_a_postgresql_store_uses_a_scratch_database(tmp_path: Path) -> None:
    with running_cluster() as cluster:
        settings = Settings(
            home=tmp_path / "hem", backup_key=KEY, cafes_file=CHECKOUT / "cafes.toml", store_url=cluster.new_store()
        )
        home = fill(open_home(settings))
        make_backup(home, now=NOW)
        done = drill(home, now=NOW, actor="test")
        assert (done.passed, done.fault) == (True, "")
        with home.store().reading() as connection:
            left = connection.execute(text("SELECT datname FROM pg_database WHERE datname LIKE 'pilot_drill_%'"))
            assert left.all() == []
        home.store().close()
