"""The folder of backups: its manifests, the search for a backup, and the tombstones beside it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from operations.backup.staging import sweep_staging
from pilot.business_days import business_day, parse_day
from pilot.errors import InvalidDay, PilotError
from pilot.settings import Settings
from storage.backup.archive import put_nowhere, read_archive
from storage.backup.sealing import sealed_reader
from storage.backup.tombstone_file import write_tombstones
from storage.errors import BackupDamaged
from storage.home import Home
from storage.store.privacy import tombstones

MANIFEST = "manifest.json"
SEALED, PLAIN = "content.sealed", "content.tar"
PREFIX, UNFINISHED, STORE_COPY_PREFIX = "backup-", ".unfinished-", ".store-"
NAME_FORMAT = "%Y%m%dT%H%M%SZ"  # Start time, UTC.
FORMAT = 1


class NoSuchBackup(PilotError):
    """No backup matches the request."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of a backup; contains no data of guests.

    Attributes:
        format: Version of the backup's layout.
        made_at: Start of the copying, UTC; everything acknowledged before is included.
        kind: real or demo.
        sealed: Whether the content is encrypted.
        content_bytes: Size of the content file.
        content_sha256: Checksum of the content file.
        segments: Number of segments of the landing.
        tables: Version of each lake table.
        tombstones: Number of tombstones in the store.
        left_out: Parts that are not included, in words.
    """

    format: int
    made_at: datetime
    kind: str
    sealed: bool
    content_bytes: int
    content_sha256: str
    segments: int
    tables: dict[str, int]
    tombstones: int
    left_out: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as JSON values."""
        return {**asdict(self), "made_at": self.made_at.isoformat(), "left_out": list(self.left_out)}


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
        fields = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        moment = datetime.fromisoformat(fields["made_at"])
        manifest = Manifest(**{**fields, "made_at": moment, "left_out": tuple(fields["left_out"])})
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupDamaged(f"The manifest of {path.name} cannot be read.") from None
    if manifest.format != FORMAT:
        raise BackupDamaged(f"{path.name} has format {manifest.format}; this program reads format {FORMAT}.")
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
    if which == "latest":
        matches = whole
        if broken and (not whole or broken[-1].name > whole[-1].path.name):
            return read_manifest(broken[-1])
    else:
        day = None
        with suppress(InvalidDay):
            day = parse_day(which)
        matches = [
            each
            for each in whole
            if each.path.name == which or (day is not None and business_day(each.manifest.made_at) == day)
        ]
    if not matches:
        names = ", ".join(each.path.name for each in whole[-3:]) or "none"
        raise NoSuchBackup(
            f"There is no backup {which!r} in {folder}.",
            remedy=f"The latest backups: {names}. See `pilot backup list`.",
        )
    return matches[-1]


def unpack(backup: Backup, *, key: str, put: Callable[[str, BinaryIO], None] = put_nowhere) -> int:
    """Read a whole backup and verify every byte; return its number of files.

    Raises:
        BackupDamaged: it is incomplete or damaged, or the key is wrong.
    """
    if backup.manifest.sealed and not key:
        raise BackupDamaged(f"{backup.path.name} is sealed, and PILOT_BACKUP_KEY is not set.")
    with ExitStack() as stack:
        try:
            file = stack.enter_context(backup.content.open("rb"))
        except OSError:
            raise BackupDamaged(f"The content of {backup.path.name} is missing.") from None
        if backup.content.stat().st_size != backup.manifest.content_bytes:
            raise BackupDamaged(
                f"The content of {backup.path.name} has {backup.content.stat().st_size} bytes; "
                f"{backup.manifest.content_bytes} were written."
            )
        # The archive's own checksums do not cover the padding between and after its members.
        if hashlib.file_digest(file, "sha256").hexdigest() != backup.manifest.content_sha256:
            raise BackupDamaged(
                f"The content of {backup.path.name} has changed since it was written: its checksum differs."
            )
        file.seek(0)
        if not backup.manifest.sealed:
            return len(read_archive(file, put=put))
        sealed = stack.enter_context(sealed_reader(file, key=key))
        return len(read_archive(cast("BinaryIO", sealed), put=put))


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


def sweep_unfinished(folder: Path) -> None:
    """Delete the remains of interrupted backups; hold the home's lock, so that no backup is running."""
    for path in (*folder.glob(f"{UNFINISHED}*"), *folder.glob(f"{STORE_COPY_PREFIX}*")):
        shutil.rmtree(path, ignore_errors=True)
