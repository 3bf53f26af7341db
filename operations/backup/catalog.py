"""The folder of backups: the search for a backup, its verification, and the tombstones beside it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from operations.backup.manifest import FORMAT, FORMATS, RESTORED_BY_DATE, SCOPES, InnerManifest, Manifest, Scope
from operations.backup.staging import sweep_staging
from pilot.business_days import business_day, parse_day
from pilot.errors import InvalidDay, PilotError
from pilot.settings import Settings
from storage.backup.archive import put_nowhere, read_archive
from storage.backup.sealing import sealed_reader
from storage.backup.tombstone_file import write_tombstones
from storage.errors import BackupDamaged, NotOpened, SealedWithAnotherKey
from storage.home import Home
from storage.store.privacy import tombstones

MANIFEST = "manifest.json"
SEALED, PLAIN = "content.sealed", "content.tar"
PREFIX, UNFINISHED, STORE_COPY_PREFIX = "backup-", ".unfinished-", ".store-"
NAME_FORMAT = "%Y%m%dT%H%M%SZ"  # Start time, UTC.


class NoSuchBackup(PilotError):
    """No backup matches the request."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup.

    Attributes:
        path: Its folder.
        manifest: Its description.
    """

    path: Path
    manifest: Manifest

    @property
    def made_at(self) -> datetime:
        """Return the start of the copying, UTC."""
        return self.manifest.made_at

    @property
    def content(self) -> Path:
        """Return the content file."""
        return self.path / (SEALED if self.manifest.sealed else PLAIN)


def backup_folder(settings: Settings) -> Path:
    """Return the folder of backups."""
    home = settings.home.expanduser().absolute()
    return (
        settings.backup_folder.expanduser().absolute()
        if settings.backup_folder
        else home.parent / f"{home.name}-backups"
    )


def list_backups(folder: Path) -> list[Backup]:
    """Return a folder's backups, oldest first, without unfinished ones and damaged manifests."""
    return _read_backups(folder)[0]


def damaged_backups(folder: Path) -> list[Path]:
    """Return the folders of backups with a damaged manifest, oldest first."""
    return _read_backups(folder)[1]


def time_from_name(path: Path) -> datetime | None:
    """Return the start time in the name of a backup's folder; None if the name has another form."""
    try:
        return datetime.strptime(path.name.removeprefix(PREFIX).partition("-")[0], NAME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def _read_backups(folder: Path) -> tuple[list[Backup], list[Path]]:
    whole, broken = [], []
    for path in sorted(folder.glob(f"{PREFIX}*")):
        if not (path / MANIFEST).is_file():
            continue
        try:
            whole.append(read_manifest(path))
        except BackupDamaged:
            broken.append(path)
    return sorted(whole, key=lambda backup: backup.manifest.made_at), broken


def read_manifest(path: Path) -> Backup:
    """Return the backup in a folder.

    Raises:
        BackupDamaged: its manifest cannot be read.
    """
    try:
        manifest = Manifest.from_json((path / MANIFEST).read_bytes())
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise BackupDamaged(f"The manifest of {path.name} cannot be read.") from None
    if manifest.format not in FORMATS:
        raise BackupDamaged(f"{path.name} has format {manifest.format}; this program reads formats up to {FORMAT}.")
    return Backup(path, manifest)


def find_backup(folder: Path, which: str) -> Backup:
    """Return the backup named by `latest`, a day (its last backup), a backup's name or a path.

    Raises:
        NoSuchBackup: there is none.
        BackupDamaged: its manifest cannot be read; an older backup never replaces it.
    """
    for path in (Path(which).expanduser(), folder / which):
        if (path / MANIFEST).is_file():
            return read_manifest(path)
    whole, broken = _read_backups(folder)
    if which == "latest" and broken and (not whole or broken[-1].name > whole[-1].path.name):
        return read_manifest(broken[-1])
    return select(whole, which, place=str(folder))


def select(backups: Sequence[Backup], which: str, *, place: str) -> Backup:
    """Return the backup named by `latest`, a day or a name; others than homes by name only.

    Args:
        backups: The backups, oldest first.
        which: Names one.
        place: Where they are, for an error.

    Raises:
        NoSuchBackup: there is none.
    """
    homes = [each for each in backups if each.manifest.scope in RESTORED_BY_DATE]
    day = None
    with suppress(InvalidDay):
        day = parse_day(which)
    matches = [each for each in backups if each.path.name == which]
    if which == "latest":
        matches = homes
    elif day is not None:
        matches = [each for each in homes if business_day(each.made_at) == day]
    if not matches:
        names = ", ".join(each.path.name for each in backups[-3:]) or "none"
        raise NoSuchBackup(
            f"There is no backup {which!r} in {place}.",
            remedy=f"The latest backups: {names}. See `pilot backup list`.",
        )
    return matches[-1]


def unpack(backup: Backup, *, key: str, put: Callable[[str, BinaryIO], None] = put_nowhere) -> int:
    """Read a whole backup and verify every byte and its manifest; return its number of files.

    Raises:
        SealedWithAnotherKey: it is as it was written, and the key is not its own.
        BackupDamaged: it is incomplete, damaged or changed, or unsealed although a key is set.
    """
    name, manifest = backup.path.name, backup.manifest
    _require_seal(backup, key=key)
    made_at = time_from_name(backup.path)
    if made_at is None and name.startswith(PREFIX):
        raise BackupDamaged(
            f"The name of {name} has no time: it was renamed, and may hold any older backup.",
            remedy=f"Name the folder {PREFIX}{manifest.made_at.astimezone(UTC):{NAME_FORMAT}} if it is that backup.",
        )
    if made_at is not None and made_at != manifest.made_at.replace(microsecond=0):
        raise BackupDamaged(
            f"{name} holds a backup made at {manifest.made_at:{NAME_FORMAT}}: it was moved or swapped.",
            remedy="Name the folder as it was, or use another backup: `pilot backup list`.",
        )
    with ExitStack() as stack:
        try:
            file = stack.enter_context(backup.content.open("rb"))
        except OSError:
            raise BackupDamaged(f"The content of {name} is missing.") from None
        if backup.content.stat().st_size != manifest.content_bytes:
            raise BackupDamaged(
                f"The content of {name} has {backup.content.stat().st_size} bytes; "
                f"{manifest.content_bytes} were written."
            )
        # The archive's own checksums do not cover the padding between and after its members.
        if hashlib.file_digest(file, "sha256").hexdigest() != manifest.content_sha256:
            raise BackupDamaged(f"The content of {name} has changed since it was written: its checksum differs.")
        file.seek(0)
        inner = InnerManifest(put)
        try:
            source = stack.enter_context(sealed_reader(file, key=key)) if manifest.sealed else file
            files = len(read_archive(cast("BinaryIO", source), put=inner.put))
        except NotOpened:  # The checksum matches, so that nothing changed: it is the key.
            raise SealedWithAnotherKey(name) from None
    inner.compare(manifest, name=name)
    return files


def _require_seal(backup: Backup, *, key: str) -> None:
    name = backup.path.name
    if backup.manifest.sealed and not key:
        raise SealedWithAnotherKey(name, has_key=False)
    if key and not backup.manifest.sealed:
        raise BackupDamaged(
            f"{name} is not sealed, and PILOT_BACKUP_KEY is set: anybody may have written it.",
            remedy="Use a sealed backup. If you made this one with --plain, unset PILOT_BACKUP_KEY for this command.",
        )


def export_tombstones(home: Home) -> tuple[str, ...]:
    """Write the tombstones beside the backups; return the obstacle (folder, kind), empty on success.

    Write nothing if no backup was ever made and no folder is set.
    """
    sweep_staging(home.root.parent)
    folder = backup_folder(home.settings)
    if home.settings.backup_folder is None and not folder.is_dir():
        return ()
    try:
        sweep_unfinished(folder)
        write_tombstones(folder, tombstones.all_tombstones(home.store()))
    except (OSError, PilotError) as error:
        return (str(folder), type(error).__name__)
    return ()


def sweep_unfinished(folder: Path, *, scope: Scope = "whole") -> None:
    """Delete the remains of interrupted backups of a scope; hold its lock, so that none is running.

    A sweep of the whole ones includes those of earlier versions, whose names have no scope.
    """
    others = tuple(f"{UNFINISHED}{each}-" for each in SCOPES if each != scope)
    for path in (*folder.glob(f"{UNFINISHED}*"), *folder.glob(f"{STORE_COPY_PREFIX}*")):
        if path.name.startswith(f"{UNFINISHED}{scope}-") or (scope == "whole" and not path.name.startswith(others)):
            shutil.rmtree(path, ignore_errors=True)
