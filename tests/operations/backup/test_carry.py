"""Sealed backups are carried to an object store and another host, fetched back and deleted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from operations.backup.ages import ages
from operations.backup.carry import Carrier, fetch, fetch_configuration, names_for, read_target, targets_of
from operations.backup.catalog import SEALED, NoSuchBackup, backup_folder, find_backup
from operations.backup.make import make_backup, make_recent
from operations.backup.restore import restore
from operations.backup.schedule import CarriedBackups
from operations.backup.unpacking import unpack_configuration
from pilot.identifiers import new_identifier
from pilot.settings import Settings
from storage.backup.redemption_file import NAME as REDEMPTIONS
from storage.backup.targets.rclone_target import RcloneTarget
from storage.backup.targets.target import Target, TargetAway
from storage.backup.tombstone_file import NAME as TOMBSTONES
from storage.erasure.everywhere import find_everywhere
from storage.home import Home, open_home
from storage.landing.segments import publish
from storage.store import audit
from storage.store.privacy import tombstones
from tests.events import whole_visit
from tests.waiting import DEADLINE_SECONDS

pytestmark = pytest.mark.usefixtures("quick_passphrase")

KEY = SecretStr("correct horse battery staple")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
BUCKET = "backups"


@pytest.fixture(scope="module")
def object_store() -> Iterator[str]:
    """An S3 at TEST_S3_URL if one is given, else moto's."""
    if url := os.environ.get("TEST_S3_URL"):
        yield url
        return
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["object store", pytest.param("another host", marks=pytest.mark.rclone)])
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a guest, whose backups are carried to a target."""
    if request.param == "object store":
        url = request.getfixturevalue("object_store")
        for name, value in (
            ("AWS_ENDPOINT_URL", url), ("AWS_ACCESS_KEY_ID", "pilot"), ("AWS_SECRET_ACCESS_KEY", "pilot"),
            ("AWS_REGION", "eu-north-1"),
        ):  # fmt: skip
            monkeypatch.setenv(name, value)
        httpx.put(f"{url}/{BUCKET}", content=b"", timeout=DEADLINE_SECONDS)
        target = {"backup_url": f"s3://{BUCKET}/{new_identifier()}"}
    else:
        monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
        (tmp_path / "rclone.conf").write_text(f"[other]\ntype = alias\nremote = {tmp_path / 'other host'}\n", "utf-8")
        target = {"backup_remote": "other:pilot"}
    home = open_home(Settings(home=tmp_path / "hem", backup_key=KEY, **target))  # type: ignore[arg-type]
    publish(home.segments(), whole_visit().events, replica="edge1", identifier=new_identifier())
    with home.store().begin() as connection:
        audit.record(connection, actor="test", action="note", subject="kept")
    return home


def target_of(home: Home) -> Target:
    (target,) = targets_of(home.settings)
    return target


def test_after_the_loss_of_home_and_folder_a_target_restores_both(home: Home, tmp_path: Path) -> None:
    carrier, target = Carrier(home, target_of(home)), target_of(home)
    base = make_backup(home, now=NOW)
    assert carrier.run(now=NOW) == [base.path.name]
    assert carrier.run(now=NOW) == []
    tombstones.add(home.store(), session_id=new_identifier(), actor="guest", reason="asked")
    recent = make_recent(home, now=NOW + timedelta(minutes=1), base=base, last=None)
    assert recent is not None
    assert carrier.run(now=NOW) == [recent.path.name]
    home.store().close()
    folder = backup_folder(home.settings)
    shutil.rmtree(folder)
    shutil.rmtree(home.root)

    carried = read_target(target)
    assert [each.manifest for each in carried.backups] == [base.manifest, recent.manifest]
    latest = carried.backups[-1]
    for _ in range(2):  # a second fetch has nothing to do
        fetch(target, folder, names_for(latest, carried.backups))
    assert {path.name for path in folder.iterdir()} == {base.path.name, recent.path.name, TOMBSTONES}
    done = restore(find_backup(folder, "latest"), home.root, settings=home.settings, now=NOW)
    assert (done.segments, done.replayed) == (1, 0)
    assert "kept" in {each.subject for each in audit.recent(open_home(home.settings).store(), 99)}


def test_a_second_host_gets_the_newest_configuration_from_the_target_alone(home: Home, tmp_path: Path) -> None:
    make_backup(home, now=NOW)
    older, newest = (make_backup(home, now=NOW + timedelta(hours=h), scope="configuration") for h in (1, 2))
    Carrier(home, target_of(home)).run(now=NOW)
    shutil.rmtree(backup_folder(home.settings))
    address = target_of(home).address
    assert fetch_configuration(home.settings, address) == newest.path.name
    assert fetch_configuration(home.settings, address, older.path.name) == older.path.name
    names = unpack_configuration(
        find_backup(backup_folder(home.settings), newest.path.name), tmp_path / "out", key=KEY.get_secret_value()
    )
    assert "cafes.toml" in names
    with pytest.raises(NoSuchBackup):
        fetch_configuration(home.settings, address, "backup-of-another")


def test_the_age_of_the_newest_backup_is_read_from_the_target_itself(home: Home) -> None:
    assert [(each.store_at, each.fault) for each in ages(home)] == [(None, ""), (None, "")]
    backup = make_backup(home, now=NOW)
    assert [each.store_at for each in ages(home)] == [NOW, None]
    Carrier(home, target_of(home)).run(now=NOW)
    assert [each.whole_at for each in ages(home)] == [NOW, NOW]
    target_of(home).put(f"{backup.path.name}/{SEALED}", Path(__file__))  # cut off, or another file
    assert [each.store_at for each in ages(home)] == [NOW, None]


def test_an_interrupted_carrying_leaves_no_backup_and_is_repeated(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    make_backup(home, now=NOW)
    target = target_of(home)
    put = type(target).put

    def dying(self: Target, path: str, file: Path) -> None:
        if path.endswith("manifest.json"):
            raise TargetAway("target", "test")
        put(self, path, file)

    with monkeypatch.context() as patch:
        patch.setattr(type(target), "put", dying)
        assert CarriedBackups(home, clock=lambda: NOW).run() == []
    assert read_target(target).backups == []
    assert len(CarriedBackups(home, clock=lambda: NOW).run()) == 1
    assert len(read_target(target).backups) == 1


def test_a_target_holds_nothing_older_than_guests_were_promised(home: Home) -> None:
    carrier, target = Carrier(home, target_of(home)), target_of(home)
    old = make_backup(home, now=NOW)
    carrier.run(now=NOW)
    later = NOW + timedelta(days=home.settings.backup_days)
    new = make_backup(home, now=later)
    carrier.run(now=later)
    names = {path.split("/")[0] for path in target.files()}
    assert names == {new.path.name, TOMBSTONES}
    assert old.path.exists()  # the folder's own job deletes it


def test_a_target_loses_expired_backups_although_no_new_one_is_made(home: Home) -> None:
    carrier, target = Carrier(home, target_of(home)), target_of(home)
    make_backup(home, now=NOW)
    carrier.run(now=NOW)
    for days in (0, 1):
        assert carrier.run(now=NOW + timedelta(days=home.settings.backup_days + days)) == []
        assert {path.split("/")[0] for path in target.files()} == {TOMBSTONES}


def test_recent_backups_are_thinned_in_the_target_too(home: Home) -> None:
    carrier, target = Carrier(home, target_of(home)), target_of(home)
    base = make_backup(home, now=NOW)
    made = [make_recent(home, now=NOW + timedelta(minutes=minute), base=base, last=None) for minute in (1, 2, 30)]
    carrier.run(now=NOW)
    assert made[1] is not None
    shutil.rmtree(made[1].path)
    with home.store().begin() as connection:
        audit.record(connection, actor="test", action="note", subject="later")
    make_recent(home, now=NOW + timedelta(minutes=40), base=base, last=None)
    carrier.run(now=NOW + timedelta(minutes=40))
    minutes = [int((each.made_at - NOW).total_seconds() / 60) for each in read_target(target).backups]
    assert minutes == [0, 1, 30, 40]


def test_a_target_learns_no_word_and_no_key(home: Home, tmp_path: Path) -> None:
    make_backup(home, now=NOW)
    make_backup(home, now=NOW + timedelta(minutes=1), plain=True)
    target = target_of(home)
    assert len(Carrier(home, target).run(now=NOW)) == 1
    for number, path in enumerate(target.files()):
        target.get(path, tmp_path / f"file-{number}")
    words = whole_visit().events
    marks = {"words": {b"kanelbulle", words[0].session_id.encode()}, "key": {home.secret(), b"correct horse"}}
    (tmp_path / "copies").mkdir()
    for path in tmp_path.glob("file-*"):
        path.rename(tmp_path / "copies" / path.name)
    assert find_everywhere(tmp_path / "copies", marks) == {"words": [], "key": []}


def test_redemptions_of_a_target_join_those_of_the_folder(home: Home) -> None:
    target, folder = target_of(home), backup_folder(home.settings)
    make_backup(home, now=NOW)
    (folder / REDEMPTIONS).write_text("first\n", "utf-8")
    Carrier(home, target).run(now=NOW)
    (folder / REDEMPTIONS).write_text("second\n", "utf-8")
    fetch(target, folder, [])
    fetch(target, folder, [])
    assert (folder / REDEMPTIONS).read_text("utf-8").splitlines() == ["second", "first"]


def test_a_target_that_does_not_answer_is_named_and_stops_no_backup(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "hem", backup_key=KEY, backup_remote="nowhere:pilot")
    home = open_home(settings)
    home.store()
    home.identify()
    make_backup(home, now=NOW)
    assert CarriedBackups(home, clock=lambda: NOW).run() == []
    folder, target = ages(home)
    assert folder.whole_at == NOW
    assert "cannot be used" in target.fault
    with pytest.raises(TargetAway):
        RcloneTarget("nowhere:pilot").get("x", tmp_path / "x")
