"""A backup whose manifest or content was changed, swapped or replaced by an unsealed one is refused."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from operations.backup.catalog import (
    MANIFEST,
    PLAIN,
    SEALED,
    Backup,
    damaged_backups,
    find_backup,
    list_backups,
    read_manifest,
    unpack,
)
from operations.backup.make import make_backup
from operations.backup.manifest import InnerManifest, Manifest
from operations.backup.restore import restore
from pilot.settings import Settings
from storage.errors import BackupDamaged
from storage.home import Home, open_home
from storage.store import audit

pytestmark = pytest.mark.usefixtures("quick_passphrase")

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
KEY = "correct horse battery staple"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    opened = open_home(Settings(home=tmp_path / "hem", backup_key=SecretStr(KEY)))
    opened.store()
    return opened


def make(home: Home, *, hours: int = 0, plain: bool = False) -> Backup:
    """Make a backup that differs from every other one."""
    with home.store().begin() as connection:
        audit.record(connection, actor="test", action="note", subject=f"hour {hours}")
    return make_backup(home, now=NOW + timedelta(hours=hours), plain=plain)


def changed(backup: Backup, **fields: Any) -> Backup:
    """Change fields of a manifest by hand."""
    path = backup.path / MANIFEST
    known = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**known, **fields}), "utf-8")
    return read_manifest(backup.path)


def refused(backup: Backup, *, home: Home, match: str = "backup|content|manifest") -> None:
    with pytest.raises(BackupDamaged, match=match) as error:
        unpack(backup, key=KEY)
    assert "Traceback" not in str(error.value)
    with pytest.raises(BackupDamaged):
        restore(backup, home.root.parent / "neu", settings=home.settings, now=NOW)
    assert not (home.root.parent / "neu").exists()


def content_of(path: Path) -> dict[str, Any]:
    return {"content_bytes": path.stat().st_size, "content_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


OTHER_VALUES: dict[str, Callable[[Manifest], Any]] = {
    "made_at": lambda known: (known.made_at + timedelta(microseconds=1)).isoformat(),
    "kind": lambda _: "demo",
    "sealed": lambda _: False,
    "content_bytes": lambda known: known.content_bytes + 1,
    "content_sha256": lambda _: "0" * 64,
    "segments": lambda known: known.segments + 1,
    "tables": lambda known: {**known.tables, "sessions": 99},
    "tombstones": lambda known: known.tombstones - 1,
    "left_out": lambda _: [],
    "format": lambda _: 1,
    "scope": lambda _: "configuration",
    "home": lambda _: "0" * 16,
    "base": lambda _: "backup-20261123T010000Z-000000",
    "landing": lambda _: {"2026-11-23": "0"},
    "lake_rows": lambda known: {**known.lake_rows, "sessions": 1},
    "store": lambda known: {**known.store.as_json(), "ledger_ore": {"rewards_owed": 100}},
}


def test_an_unchanged_backup_is_whole(home: Home) -> None:
    assert unpack(make(home), key=KEY) >= 2
    assert {*OTHER_VALUES} == {*Manifest.__dataclass_fields__}


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_a_field_changed_by_hand_is_refused(home: Home, field: str) -> None:
    backup = make(home)
    refused(changed(backup, **{field: OTHER_VALUES[field](backup.manifest)}), home=home)


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_a_missing_field_is_refused(home: Home, field: str) -> None:
    backup = make(home)
    path = backup.path / MANIFEST
    known = json.loads(path.read_text("utf-8"))
    del known[field]
    path.write_text(json.dumps(known), "utf-8")
    with pytest.raises(BackupDamaged, match="cannot be read"):
        read_manifest(backup.path)


BROKEN: dict[str, bytes] = {
    "nested": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "a list": b"[]",
    "a text": b'"text"',
    "not UTF-8": b"\xff\xfe",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_manifest_is_refused_and_hides_no_other_backup(home: Home, kind: str) -> None:
    whole, broken = make(home), make(home, hours=1)
    (broken.path / MANIFEST).write_bytes(BROKEN[kind])
    assert list_backups(whole.path.parent) == [whole]
    assert damaged_backups(whole.path.parent) == [broken.path]
    with pytest.raises(BackupDamaged, match="cannot be read"):
        find_backup(whole.path.parent, "latest")


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_a_field_of_another_kind_is_refused(home: Home, field: str) -> None:
    backup = make(home)
    for value in (None, 1.5, {"a": 1} if field != "tables" else [], "1" if field == "tombstones" else True):
        if isinstance(value, type(backup.manifest.as_json()[field])):
            continue
        with pytest.raises(BackupDamaged, match="cannot be read"):
            changed(backup, **{field: value})


@pytest.mark.parametrize("content", [b"[]", b"1", b"[" * 100_000])
def test_a_broken_manifest_within_the_content_is_refused(home: Home, content: bytes) -> None:
    within = InnerManifest(lambda *_: None)
    within.put(MANIFEST, io.BytesIO(content))
    with pytest.raises(BackupDamaged, match="within the content"):
        within.compare(make(home).manifest, name="backup")


@pytest.mark.parametrize("name", ["backup-zzz", "backup-", "backup-20261124", "backup-20269924T020000Z-abc"])
def test_a_backup_renamed_to_a_name_without_a_time_is_refused(home: Home, name: str) -> None:
    backup = make(home)
    refused(read_manifest(backup.path.rename(backup.path.with_name(name))), home=home, match="has no time")


@pytest.mark.parametrize("name", ["copy", "20261124T020000Z", "backup-20261124T020000Z", "backup-20261124T020000Z-a-b"])
def test_a_backup_under_another_honest_name_is_read(home: Home, name: str) -> None:
    backup = make(home)
    assert unpack(read_manifest(backup.path.rename(backup.path.with_name(name))), key=KEY) >= 2


@pytest.mark.parametrize("recomputed", [False, True])
def test_an_archive_swapped_for_another_backups_is_refused(home: Home, recomputed: bool) -> None:
    old, new = make(home), make(home, hours=1)
    shutil.copyfile(old.content, new.content)
    refused(changed(new, **content_of(new.content)) if recomputed else new, home=home)


def test_an_older_manifest_with_a_newer_archive_is_refused(home: Home) -> None:
    old, new = make(home), make(home, hours=1)
    fields = json.loads((old.path / MANIFEST).read_text("utf-8"))
    refused(changed(new, **fields), home=home)
    refused(changed(new, **{**fields, **content_of(new.content)}), home=home)


def test_an_older_backup_in_the_folder_of_a_newer_one_is_refused(home: Home) -> None:
    old, new = make(home), make(home, hours=1)
    for name in (MANIFEST, SEALED):
        shutil.copyfile(old.path / name, new.path / name)
    refused(read_manifest(new.path), home=home, match="moved or swapped")


def test_an_older_backup_dated_as_the_newest_is_refused(home: Home) -> None:
    old, _ = make(home), make(home, hours=1)
    changed(old, made_at=(NOW + timedelta(hours=2)).isoformat())
    latest = find_backup(old.path.parent, "latest")
    assert latest.path == old.path
    refused(latest, home=home)


def test_a_missing_archive_is_refused(home: Home) -> None:
    backup = make(home)
    backup.content.unlink()
    refused(backup, home=home, match="missing")


def test_an_unsealed_backup_is_refused_where_a_key_is_set(home: Home, tmp_path: Path) -> None:
    plain = make(home, plain=True)
    refused(plain, home=home, match="not sealed")
    keyless = Settings(home=home.root)
    restore(plain, tmp_path / "neu", settings=keyless, now=NOW)


def test_an_unsealed_archive_put_beside_a_sealed_one_is_refused(home: Home) -> None:
    sealed, plain = make(home), make(home, hours=1, plain=True)
    shutil.copyfile(plain.content, sealed.path / PLAIN)
    forged = {"sealed": False, **content_of(sealed.path / PLAIN)}
    refused(changed(sealed, **forged), home=home, match="not sealed")
    shutil.copyfile(plain.content, sealed.content)
    refused(changed(sealed, sealed=True, **content_of(sealed.content)), home=home, match="does not begin")


def test_a_backup_sealed_by_somebody_elses_key_is_refused(home: Home) -> None:
    settings = home.settings.model_copy(update={"backup_key": SecretStr("another key that is long enough")})
    refused(make(Home(settings=settings, root=home.root, kind="real")), home=home, match="PILOT_BACKUP_KEY")


def test_a_changed_manifest_of_an_unsealed_backup_is_refused(home: Home) -> None:
    backup = changed(make(home, plain=True), kind="demo")
    with pytest.raises(BackupDamaged, match="kind"):
        unpack(backup, key="")


def test_a_backup_of_the_first_format_is_still_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("operations.backup.make.FORMAT", 1)
        patch.setattr("storage.backup.archive.ArchiveWriter.add", _add_all_but_the_manifest)
        backup = make(home)
    assert backup.manifest.format == 1
    assert unpack(backup, key=KEY) >= 2
    refused(changed(backup, format=2), home=home, match="has no manifest")


def _add_all_but_the_manifest(writer: Any, name: str, content: bytes) -> None:
    if name != MANIFEST:
        writer._add(name, io.BytesIO(content), len(content))
