"""Backups are complete and sealed, refused if damaged, and restored without guests erased since."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from operations.backup.catalog import (
    MANIFEST,
    Backup,
    NoSuchBackup,
    backup_folder,
    damaged_backups,
    find_backup,
    list_backups,
    unpack,
)
from operations.backup.make import NotSealed, make_backup
from operations.backup.restore import restore
from operations.backup.staging import PREFIX, RestoreUnderWay, staging
from operations.backup.unpacking import NotRestored
from operations.erasure.carry_out import carry_out
from operations.erasure.home_lock import HomeLocked, home_lock
from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import RAW_EVENTS
from pilot.settings import Settings
from storage.backup.store_copy import StoreNotCopied
from storage.backup.tombstone_file import NAME, TombstonesUnreadable
from storage.erasure.everywhere import find_everywhere
from storage.errors import BackupDamaged, KeyTooShort, SealedWithAnotherKey, StoreUnusable
from storage.home import Home, open_home
from storage.landing.append_log import AppendLog
from storage.landing.days import read_day
from storage.landing.segments import publish
from storage.store import audit
from storage.store.privacy import tombstones
from tests.events import MORNING, Story, whole_visit
from tests.postgresql import Cluster, running_cluster

pytestmark = pytest.mark.usefixtures("quick_passphrase")

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
KEY = SecretStr("correct horse battery staple")
WORDS = "Fiolerna smakade tvål hela förmiddagen"
MARKS = {"words": {WORDS.encode()}}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one guest in the landing and one entry in the audit log."""
    opened = open_home(Settings(home=tmp_path / "hem", backup_key=KEY))
    publish(opened.segments(), whole_visit().events, replica="edge1", identifier=new_identifier())
    with opened.store().begin() as connection:
        audit.record(connection, actor="test", action="note", subject="before the backup")
    return opened


@pytest.fixture
def guest(home: Home) -> Story:
    story = Story().opens().starts().consents().says(WORDS, mode="text").completes()
    publish(home.segments(), story.events, replica="edge1", identifier=new_identifier())
    home.lake().replace_partition(RAW_EVENTS, DAY, read_day(home.segments(), DAY).frame, commit={})
    return story


def erase(home: Home, story: Story) -> None:
    tombstones.add(home.store(), session_id=story.session_id, actor="guest", reason="asked")
    carry_out(home, now=NOW, grace=timedelta(0))


def settings(home: Home) -> Settings:
    return home.settings


def damage(backup: Backup, at: float, content: bytes = b"?") -> None:
    with backup.content.open("r+b") as file:
        file.seek(int(backup.manifest.content_bytes * at))
        file.write(content)


def test_a_restore_brings_back_the_whole_home(home: Home, guest: Story, tmp_path: Path) -> None:
    with AppendLog(logs=home.root / ".log", replica="edge2", segments=home.segments()) as log:
        unpublished = Story(at=MORNING + timedelta(hours=1)).opens()
        log.append(unpublished.events).result(10)
        backup = make_backup(home, now=NOW)
    done = restore(backup, tmp_path / "neu", settings=settings(home), now=NOW)
    assert (done.segments, done.damaged_segments, done.tables, done.replayed) == (3, 0, 1, 0)
    again = open_home(Settings(home=tmp_path / "neu"))
    assert again.secret() == home.secret()
    assert "before the backup" in {each.subject for each in audit.recent(again.store(), 9)}
    frame = read_day(again.segments(), DAY).frame
    assert set(frame["session_id"]) >= {guest.session_id, unpublished.session_id}
    assert again.lake().read(RAW_EVENTS).equals(home.lake().read(RAW_EVENTS))
    assert again.lake().version(RAW_EVENTS) == home.lake().version(RAW_EVENTS)


def test_a_sealed_backup_is_unreadable_without_its_key(home: Home, guest: Story) -> None:
    backup = make_backup(home, now=NOW)
    assert find_everywhere(backup_folder(home.settings), {**MARKS, "session": {guest.session_id.encode()}}) == {
        "words": [],
        "session": [],
    }
    assert unpack(backup, key=KEY.get_secret_value()) > 3
    with pytest.raises(SealedWithAnotherKey, match="another PILOT_BACKUP_KEY"):
        unpack(backup, key="another key that is long enough")
    with pytest.raises(SealedWithAnotherKey, match="PILOT_BACKUP_KEY is not set"):
        unpack(backup, key="")


def test_a_backup_without_a_key_must_be_requested_and_contains_no_secret(
    home: Home, guest: Story, tmp_path: Path
) -> None:
    keyless = Home(settings=Settings(home=home.root), root=home.root, kind="real")
    with pytest.raises(NotSealed, match="what guests said"):
        make_backup(keyless, now=NOW)
    guessed = home.settings.model_copy(update={"backup_key": SecretStr("short")})  # the settings refuse it themselves
    short = Home(settings=guessed, root=home.root, kind="real")
    with pytest.raises(KeyTooShort):
        make_backup(short, now=NOW)
    secret = home.secret()
    plain = make_backup(keyless, now=NOW, plain=True)
    found = find_everywhere(backup_folder(home.settings), {**MARKS, "secret": {secret}})
    assert found["words"] != []
    assert found["secret"] == []
    assert "the installation's secret key" in plain.manifest.left_out
    assert restore(plain, tmp_path / "neu", settings=keyless.settings, now=NOW).segments == 2


def test_a_restored_old_backup_leaves_out_guests_erased_since(home: Home, guest: Story, tmp_path: Path) -> None:
    old = make_backup(home, now=NOW)
    erase(home, guest)
    fresh = make_backup(home, now=NOW + timedelta(hours=6), plain=True)
    assert find_everywhere(fresh.path, MARKS) == {"words": []}
    done = restore(old, tmp_path / "neu", settings=settings(home), now=NOW)
    assert done.replayed == 1
    assert find_everywhere(tmp_path / "neu", MARKS) == {"words": []}
    assert read_day(open_home(Settings(home=tmp_path / "neu")).segments(), DAY).frame["session_id"].n_unique() == 1


def test_a_restore_is_refused_without_readable_tombstones(home: Home, guest: Story, tmp_path: Path) -> None:
    erase(home, guest)
    backup = make_backup(home, now=NOW)
    beside = backup_folder(home.settings) / NAME
    kept = beside.read_text("utf-8")
    for content, refused in (("", NotRestored), ("{half", TombstonesUnreadable), (None, TombstonesUnreadable)):
        if content is None:
            beside.unlink()
        else:
            beside.write_text(content, "utf-8")
        with pytest.raises(refused, match=r"--tombstones|nobody can tell"):
            restore(backup, tmp_path / "neu", settings=settings(home), now=NOW)
    copy = tmp_path / "copy.ndjson"
    copy.write_text(kept, "utf-8")
    restore(backup, tmp_path / "neu", settings=settings(home), tombstone_files=[copy], now=NOW)


@pytest.mark.parametrize("content", ["", "{half", "[" * 100_000, "[]\n"])
def test_tombstones_lost_since_the_newest_backup_are_missed(
    home: Home, guest: Story, tmp_path: Path, content: str
) -> None:
    old = make_backup(home, now=NOW)
    erase(home, guest)
    newer = make_backup(home, now=NOW + timedelta(hours=1))
    beside = backup_folder(home.settings) / NAME
    kept = beside.read_text("utf-8")
    beside.write_text(content, "utf-8")
    with pytest.raises(
        TombstonesUnreadable if content else NotRestored, match=r"--tombstones|nobody can tell"
    ) as error:
        restore(old, tmp_path / "neu", settings=settings(home), now=NOW)
    if not content:
        assert newer.path.name in str(error.value)
    copy = tmp_path / "copy.ndjson"
    copy.write_text(kept, "utf-8")
    beside.unlink()
    done = restore(old, tmp_path / "neu", settings=settings(home), tombstone_files=[copy], now=NOW)
    assert done.replayed == 1


def test_a_backup_copied_alone_with_its_tombstones_is_restored(home: Home, guest: Story, tmp_path: Path) -> None:
    old = make_backup(home, now=NOW)
    earlier = (backup_folder(home.settings) / NAME).read_text("utf-8")
    erase(home, guest)
    make_backup(home, now=NOW + timedelta(hours=1))
    elsewhere = tmp_path / "disk"
    shutil.copytree(old.path, elsewhere / old.path.name)
    (elsewhere / NAME).write_text(earlier, "utf-8")
    copied = find_backup(elsewhere, "latest")
    assert restore(copied, tmp_path / "neu", settings=settings(home), now=NOW).replayed == 0


def test_an_erasure_adds_its_tombstone_beside_the_backups(home: Home, guest: Story) -> None:
    make_backup(home, now=NOW)
    erase(home, guest)
    assert guest.session_id in (backup_folder(home.settings) / NAME).read_text("utf-8")


@pytest.mark.parametrize("place", [0.02, 0.5, 0.98])
def test_a_damaged_backup_is_refused_and_leaves_no_files(
    home: Home, guest: Story, tmp_path: Path, place: float
) -> None:
    for plain in (False, True):
        backup = make_backup(home, now=NOW, plain=plain)
        damage(backup, place, b"\xff" * 40)
        known = Settings(home=home.root) if plain else settings(home)
        with pytest.raises((BackupDamaged, StoreNotCopied, StoreUnusable)) as refused:
            restore(backup, tmp_path / "neu", settings=known, now=NOW)
        assert WORDS not in str(refused.value)
    assert not (tmp_path / "neu").exists()
    assert [path.name for path in tmp_path.iterdir() if "restoring" in path.name] == []


def test_a_truncated_backup_is_refused(home: Home, tmp_path: Path) -> None:
    backup = make_backup(home, now=NOW)
    with backup.content.open("r+b") as file:
        file.truncate(backup.manifest.content_bytes // 2)
    with pytest.raises(BackupDamaged, match="bytes"):
        restore(backup, tmp_path / "neu", settings=settings(home), now=NOW)


def test_a_restore_never_overwrites_a_home(home: Home, tmp_path: Path) -> None:
    backup = make_backup(home, now=NOW)
    for target in (home.root, tmp_path):
        with pytest.raises(NotRestored, match="not empty"):
            restore(backup, target, settings=settings(home), now=NOW)
    (tmp_path / "leer").mkdir()
    assert restore(backup, tmp_path / "leer", settings=settings(home), now=NOW).segments == 1
    rehearsed = tmp_path / "probe"
    restore(backup, rehearsed, settings=settings(home), now=NOW, keep=False)
    assert not rehearsed.exists()


def test_a_damaged_manifest_hides_no_other_backup_and_is_never_skipped(home: Home) -> None:
    folder = backup_folder(home.settings)
    first, second, third = (make_backup(home, now=NOW + timedelta(hours=hours)).path for hours in (0, 1, 2))
    (second / MANIFEST).write_text('{"format": 1}', encoding="utf-8")
    assert [each.path for each in list_backups(folder)] == [first, third]
    assert find_backup(folder, "latest").path == third
    (third / MANIFEST).write_text("", encoding="utf-8")
    for which in ("latest", second.name):
        with pytest.raises(BackupDamaged, match="cannot be read"):
            find_backup(folder, which)
    assert find_backup(folder, first.name).path == first
    assert damaged_backups(folder) == [second, third]


def test_backups_are_found_by_day_and_name_and_unfinished_ones_ignored(home: Home) -> None:
    folder = backup_folder(home.settings)
    first = make_backup(home, now=NOW - timedelta(days=1))
    second = make_backup(home, now=NOW)
    (folder / ".unfinished-x").mkdir()
    assert [each.path for each in list_backups(folder)] == [first.path, second.path]
    assert find_backup(folder, "latest").path == second.path
    assert find_backup(folder, "2026-11-23").path == first.path
    assert find_backup(folder, first.path.name).path == first.path
    with pytest.raises(NoSuchBackup, match="latest backups"):
        find_backup(folder, "2026-01-01")
    with home_lock(home.root), pytest.raises(HomeLocked):
        make_backup(home, now=NOW)
    assert len(list_backups(folder)) == 2


@pytest.mark.postgresql
def test_a_postgresql_store_is_dumped_and_restored_into_an_empty_database(tmp_path: Path) -> None:
    with running_cluster() as cluster:
        _check_postgresql_backup(cluster, tmp_path)


def _check_postgresql_backup(cluster: Cluster, tmp_path: Path) -> None:
    source, target = cluster.new_database(), cluster.new_database()
    home = open_home(Settings(home=tmp_path / "hem", backup_key=KEY, store_url=source))
    with home.store().begin() as connection:
        audit.record(connection, actor="test", action="note", subject="in postgresql")
    backup = make_backup(home, now=NOW)
    refused = Settings(home=home.root, backup_key=KEY, store_url=source)
    with pytest.raises(StoreNotCopied, match="not empty"):
        restore(backup, tmp_path / "neu", settings=refused, now=NOW)
    put_back = Settings(home=home.root, backup_key=KEY, store_url=target)
    restore(backup, tmp_path / "neu", settings=put_back, now=NOW)
    again = open_home(Settings(home=tmp_path / "neu", store_url=target))
    assert "in postgresql" in {each.subject for each in audit.recent(again.store(), 9)}
    home.store().close()
    again.store().close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_next_backup_sweeps_the_words_of_a_killed_restore(
    home: Home, guest: Story, tmp_path: Path, number: signal.Signals
) -> None:
    make_backup(home, now=NOW)
    environment = {"PILOT_HOME": str(home.root), "PILOT_BACKUP_KEY": KEY.get_secret_value()}
    command = [sys.executable, "-m", "tests.operations.backup.dying_restore", str(int(number))]
    restoring = subprocess.run(
        [*command, "latest", "--to", str(tmp_path / "ny")], env=os.environ | environment, check=False, timeout=120
    )
    assert restoring.returncode in (-number, 128 + number)
    left = list(tmp_path.glob(f"{PREFIX}*"))
    assert len(left) == (1 if number == signal.SIGKILL else 0)
    with staging(tmp_path / "annat") as under_way:
        make_backup(home, now=NOW)
        assert list(tmp_path.glob(f"{PREFIX}*")) == [under_way]
        with pytest.raises(RestoreUnderWay, match="being restored already"), staging(tmp_path / "annat"):
            pass
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
    assert not (tmp_path / "ny").exists()
