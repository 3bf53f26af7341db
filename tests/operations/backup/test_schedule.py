"""The store is copied each minute if it changed; after a total loss at most a minute of it is missing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from operations.backup.catalog import backup_folder, find_backup, list_backups, unpack
from operations.backup.configuration import CAFES_FILE, CONFIGURATION_FOLDER, SETTINGS_FILE
from operations.backup.redemptions import RedemptionExport
from operations.backup.restore import restore
from operations.backup.schedule import COPY_SECONDS, DailyBackups, StoreCopies
from operations.backup.unpacking import NotRestored
from operations.erasure.carry_out import carry_out
from operations.retention.backups import delete_old_backups
from payouts.deciding import decide_sessions
from pilot.business_days import local_time
from pilot.identifiers import new_identifier
from pilot.settings import Settings, read_settings
from storage.backup.archive import put_under
from storage.backup.store_copy import contents_of
from storage.erasure.everywhere import find_everywhere
from storage.errors import BackupDamaged
from storage.home import Home, open_home
from storage.landing.days import read_day
from storage.landing.segments import publish
from storage.store import audit
from storage.store.ledger.auditor import audit_money
from storage.store.privacy import tombstones
from tests.events import Story, whole_visit
from tests.operations.backup.test_redemptions import redeem
from tests.payouts.test_deciding import candidate
from tests.payouts.world import CHECKOUT
from tests.postgresql import running_cluster

pytestmark = pytest.mark.usefixtures("quick_passphrase")

KEY = "correct horse battery staple"
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
WORDS = "Fiolerna smakade tvål hela förmiddagen"
COPY = timedelta(seconds=COPY_SECONDS)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    opened = open_home(
        Settings(home=tmp_path / "hem", backup_key=SecretStr(KEY), cafes_file=CHECKOUT / "cafes.toml", probe_seconds=60)
    )
    publish(opened.segments(), whole_visit().events, replica="edge1", identifier=new_identifier())
    write(opened, "first")
    return opened


def write(home: Home, subject: str) -> None:
    with home.store().begin() as connection:
        audit.record(connection, actor="test", action="note", subject=subject)


def scopes(home: Home) -> list[str]:
    return [each.manifest.scope for each in list_backups(backup_folder(home.settings))]


def test_a_changed_store_is_copied_and_an_unchanged_one_is_not(home: Home, clock: Clock) -> None:
    copies = StoreCopies(home, clock=clock)
    assert copies.run() is not None
    for changed in (False, True, False, False, True):
        clock.now += COPY
        if changed:
            write(home, f"{clock.now}")
        made = copies.run()
        assert (made is not None) == changed
    assert scopes(home) == ["recent"] * 3


def test_an_unchanged_store_is_copied_every_six_hours_all_the_same(home: Home, clock: Clock) -> None:
    copies = StoreCopies(home, clock=clock)
    found = []
    for _ in range(24 * 2):
        if copies.run() is not None:
            found.append(f"{local_time(clock.now):%H:%M}")
        clock.now += timedelta(minutes=30)
    assert found == ["12:00", "18:00", "00:00", "06:00"]


def test_a_restarted_watch_does_not_copy_an_equal_store(home: Home, clock: Clock) -> None:
    assert StoreCopies(home, clock=clock).run() is not None
    clock.now += COPY
    assert StoreCopies(home, clock=clock).run() is None


def test_the_home_and_its_configuration_are_backed_up_once_a_day(home: Home, clock: Clock) -> None:
    daily = DailyBackups(home, clock=clock)
    found = []
    for _ in range(3 * 24 * 4):
        found += [(each.manifest.scope, f"{local_time(clock.now):%d %H:%M}") for each in daily.run()]
        clock.now += timedelta(minutes=15)
    assert found == [
        ("whole", "24 12:00"), ("configuration", "24 12:00"),
        ("whole", "25 02:00"), ("configuration", "25 03:00"),
        ("whole", "26 02:00"), ("configuration", "26 03:00"),
        ("whole", "27 02:00"), ("configuration", "27 03:00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("evening", "at"),
    [
        (datetime(2026, 10, 24, 21, 50, tzinfo=UTC), "2026-10-25 03:15"),
        (datetime(2027, 3, 27, 22, 50, tzinfo=UTC), "2027-03-28 03:15"),
    ],
)
def test_a_clock_change_makes_one_backup_of_that_day(home: Home, clock: Clock, evening: datetime, at: str) -> None:
    clock.now = evening
    daily = DailyBackups(home, clock=clock)
    found = []
    for _ in range(26 * 12):
        found += [f"{local_time(clock.now):%Y-%m-%d %H:%M}" for each in daily.run() if each.manifest.scope == "whole"]
        clock.now += timedelta(minutes=5)
    assert [each for each in found if each.startswith(at[:10])] == [at]


def test_without_a_key_nothing_is_made(home: Home, clock: Clock) -> None:
    keyless = Home(settings=Settings(home=home.root), root=home.root, kind="real")
    assert StoreCopies(keyless, clock=clock).run() is None
    assert DailyBackups(keyless, clock=clock).run() == []


def test_a_total_loss_costs_at_most_a_minute_of_the_store(home: Home, clock: Clock, tmp_path: Path) -> None:
    DailyBackups(home, clock=clock).run()
    copies = StoreCopies(home, clock=clock)
    copies.run()
    clock.now += COPY
    guests = [candidate(session_id=f"g-{number}", cafe="aurora", simulated=True) for number in range(3)]
    decide_sessions(home.store(), guests, cafes=home.cafes(), secret=home.secret(), decided_by="watch")
    story = Story().opens().starts().consents().says("Bullarna var torra", mode="text").completes()
    publish(home.segments(), story.events, replica="edge1", identifier=new_identifier())
    copies.run()
    before, copied_at = contents_of(home.store()), clock.now
    clock.now += COPY - timedelta(seconds=1)
    write(home, "lost with the disk")
    home.store().close()
    shutil.rmtree(home.root)

    latest = find_backup(backup_folder(home.settings), "latest")
    assert clock.now - latest.made_at < timedelta(minutes=1)
    assert (latest.manifest.scope, latest.made_at) == ("recent", copied_at)
    assert latest.manifest.store == before
    assert before.ledger_ore["rewards_owed"] > 0
    seen = []
    done = restore(
        latest,
        home.root,
        settings=home.settings,
        now=clock.now,
        check=lambda restored: seen.append(contents_of(restored.store())),
    )
    assert seen == [before]
    again = open_home(home.settings)
    day = read_day(again.segments(), story.events[0].at.date()).frame
    assert story.session_id in set(day["session_id"])
    assert done.segments == 2
    assert audit_money(again.store()) == []
    subjects = {each.subject for each in audit.recent(again.store(), 99)}
    assert "first" in subjects
    assert "lost with the disk" not in subjects


def test_what_was_redeemed_and_erased_after_the_copy_stays_so(home: Home, clock: Clock, tmp_path: Path) -> None:
    story = Story().opens().starts().consents().says(WORDS, mode="text").completes()
    publish(home.segments(), story.events, replica="edge1", identifier=new_identifier())
    redeemed, still_open = (candidate(session_id=f"g-{number}", cafe="aurora", simulated=True) for number in (1, 2))
    decide_sessions(home.store(), [redeemed, still_open], cafes=home.cafes(), secret=home.secret(), decided_by="watch")
    clock.now = datetime.now(UTC)
    copy = StoreCopies(home, clock=clock).run()
    assert copy is not None
    assert redeem(home, redeemed, secret=home.secret()) == "redeemed"
    RedemptionExport(home).run()
    tombstones.add(home.store(), session_id=story.session_id, actor="guest", reason="asked")
    carry_out(home, now=clock.now, grace=timedelta(0))
    home.store().close()
    shutil.rmtree(home.root)
    done = restore(copy, home.root, settings=home.settings, now=clock.now)
    assert (done.replayed, done.recovery.redeemed, done.recovery.frozen) == (1, 1, 1)
    again = open_home(home.settings)
    assert redeem(again, redeemed, secret=again.secret()) == "already_redeemed"
    assert redeem(again, still_open, secret=again.secret()) == "frozen"
    assert find_everywhere(home.root, {"words": {WORDS.encode()}}) == {"words": []}


def test_a_recent_backup_needs_the_whole_one_that_it_continues(home: Home, clock: Clock, tmp_path: Path) -> None:
    whole = DailyBackups(home, clock=clock).run()[0]
    clock.now += COPY
    write(home, "later")
    made = StoreCopies(home, clock=clock).run()
    assert made is not None
    assert (made.manifest.base, made.manifest.segments) == (whole.path.name, 0)
    content = whole.content.read_bytes()
    whole.content.write_bytes(content[:-40] + b"?" + content[-39:])
    with pytest.raises(BackupDamaged, match="changed"):
        restore(made, tmp_path / "neu", settings=home.settings, now=clock.now)
    shutil.rmtree(whole.path)
    with pytest.raises(NotRestored, match=whole.path.name):
        restore(made, tmp_path / "neu", settings=home.settings, now=clock.now)
    assert not (tmp_path / "neu").exists()


def test_a_recent_backup_expires_with_the_whole_one_that_it_continues(home: Home, clock: Clock) -> None:
    DailyBackups(home, clock=clock).run()
    clock.now += timedelta(hours=20)
    write(home, "later")
    StoreCopies(home, clock=clock).run()
    limit = timedelta(days=home.settings.backup_days)
    assert len(delete_old_backups(home.settings, now=NOON + limit)) == 3
    assert list_backups(backup_folder(home.settings)) == []


def test_the_configuration_restores_to_settings_without_keys(home: Home, clock: Clock, tmp_path: Path) -> None:
    configuration = DailyBackups(home, clock=clock).run()[1]
    unpack(configuration, key=KEY, put=put_under(tmp_path / "ut"))
    folder = tmp_path / "ut" / CONFIGURATION_FOLDER
    assert (folder / CAFES_FILE).read_bytes() == (CHECKOUT / "cafes.toml").read_bytes()
    lines = (folder / SETTINGS_FILE).read_text("utf-8")
    assert "PILOT_PROBE_SECONDS=60\n" in lines
    assert "PILOT_BACKUP_KEY=\n" in lines
    assert KEY not in lines
    put_back = dict(line.split("=", 1) for line in lines.splitlines() if "=" in line) | {"PILOT_BACKUP_KEY": KEY}
    machine = {"PILOT_HOME": str(home.root), "PILOT_CAFES_FILE": str(folder / CAFES_FILE)}
    booted = open_home(read_settings(put_back | machine))
    assert (booted.settings.backup_key, booted.settings.probe_seconds) == (home.settings.backup_key, 60)
    assert (booted.settings.cafes_file, booted.cafes()) == (folder / CAFES_FILE, home.cafes())
    with pytest.raises(NotRestored, match="configuration only"):
        restore(configuration, tmp_path / "neu", settings=home.settings, now=clock.now)


@pytest.mark.postgresql
def test_a_postgresql_store_is_copied_as_of_one_moment_and_restored_whole(tmp_path: Path, clock: Clock) -> None:
    with running_cluster() as cluster:
        settings = Settings(
            home=tmp_path / "hem",
            backup_key=SecretStr(KEY),
            cafes_file=CHECKOUT / "cafes.toml",
            store_url=cluster.new_store(),
        )
        home = open_home(settings)
        copies = StoreCopies(home, clock=clock)
        guests = [candidate(session_id="g-1", cafe="aurora", simulated=True)]
        decide_sessions(home.store(), guests, cafes=home.cafes(), secret=home.secret(), decided_by="watch")
        made = copies.run()
        assert made is not None
        clock.now += COPY
        assert copies.run() is None
        before = contents_of(home.store())
        assert made.manifest.store == before
        seen = []
        restore(
            made,
            tmp_path / "neu",
            settings=settings.model_copy(update={"store_url": cluster.new_database()}),
            now=clock.now,
            check=lambda restored: seen.append(contents_of(restored.store())),
        )
        assert seen == [before]
        home.store().close()
