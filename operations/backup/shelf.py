"""The folder of backups: which there are, which are whole, and the tombstones beside them."""

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
PREFIX, UNFINISHED, STORE_COPY = "backup-", ".unfinished-", ".store-"
NAMED = "%Y%m%dT%H%M%SZ"  # when it was made, UTC
FORMAT = 1


class NoSuchBackup(PilotError):
    """There is no backup that fits what was asked for."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; nothing of a guest.

    Attributes:
        format: Version of this layout.
        made_at: When its copying began, UTC: whatever was acknowledged before is in it.
        kind: real or demo.
        sealed: Whether its content is encrypted.
        content_bytes: Size of its content.
        content_sha256: Checksum of its content as it lies there.
        segments: Segments of the landing.
        tables: Version of each lake table.
        tombstones: How many the store had.
        left_out: What is not in it, in words.
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
        """Return it for a file or a machine."""
        return {**asdict(self), "made_at": self.made_at.isoformat(), "left_out": list(self.left_out)}


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup.

    Attributes:
        path: Its folder.
        manifest: What it says of itself.
    """

    path: Path
    manifest: Manifest

    @property
    def content(self) -> Path:
        """Return the file with its content."""
        return self.path / (SEALED if self.manifest.sealed else PLAIN)


def shelf(settings: Settings) -> Path:
    """Return the folder of backups."""
    home = settings.home.expanduser().absolute()
    return (
        settings.backup_folder.expanduser().absolute()
        if settings.backup_folder
        else home.parent / f"{home.name}-backups"
    )


def backups(folder: Path) -> list[Backup]:
    """Return a folder's backups, oldest first; one that was not finished, or whose manifest is damaged, is none."""
    return _sorted_out(folder)[0]


def damaged(folder: Path) -> list[Path]:
    """Return the folders of backups whose manifest cannot be read, oldest first."""
    return _sorted_out(folder)[1]


def named_at(path: Path) -> datetime | None:
    """Return when a backup was made by its folder's name, None where that says nothing."""
    try:
        return datetime.strptime(path.name.removeprefix(PREFIX).partition("-")[0], NAMED).replace(tzinfo=UTC)
    except ValueError:
        return None


def _sorted_out(folder: Path) -> tuple[list[Backup], list[Path]]:
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
        told = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        moment = datetime.fromisoformat(told["made_at"])
        manifest = Manifest(**{**told, "made_at": moment, "left_out": tuple(told["left_out"])})
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupDamaged(f"The manifest of {path.name} cannot be read.") from None
    if manifest.format != FORMAT:
        raise BackupDamaged(f"{path.name} has format {manifest.format}; this program knows format {FORMAT}.")
    return Backup(path, manifest)


def choose(folder: Path, which: str) -> Backup:
    """Return the backup that is meant: `latest`, a day (its last), a backup's name, or a path.

    Raises:
        NoSuchBackup: there is none.
        BackupDamaged: its manifest cannot be read; an older one is never taken in its place.
    """
    for path in (Path(which).expanduser(), folder / which):
        if (path / MANIFEST).is_file():
            return read_manifest(path)
    found, broken = _sorted_out(folder)
    if which == "latest":
        fitting = found
        if broken and (not found or broken[-1].name > found[-1].path.name):
            return read_manifest(broken[-1])
    else:
        day = None
        with suppress(InvalidDay):
            day = parse_day(which)
        fitting = [
            each
            for each in found
            if each.path.name == which or (day is not None and business_day(each.manifest.made_at) == day)
        ]
    if not fitting:
        names = ", ".join(each.path.name for each in found[-3:]) or "none"
        raise NoSuchBackup(
            f"There is no backup {which!r} in {folder}.",
            remedy=f"The latest there are: {names}. See `pilot backup list`.",
        )
    return fitting[-1]


def unpack(backup: Backup, *, key: str, put: Callable[[str, BinaryIO], None] = put_nowhere) -> int:
    """Read a backup to its end, checking every byte; return how many files it holds.

    Raises:
        BackupDamaged: it is not whole, or the key is another.
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
        # The archive's own checksums leave out the padding between and behind its members.
        if hashlib.file_digest(file, "sha256").hexdigest() != backup.manifest.content_sha256:
            raise BackupDamaged(f"The content of {backup.path.name} is not what was written: its checksum differs.")
        file.seek(0)
        if not backup.manifest.sealed:
            return len(read_archive(file, put=put))
        sealed = stack.enter_context(sealed_reader(file, key=key))
        return len(read_archive(cast("BinaryIO", sealed), put=put))


def write_tombstones_beside(home: Home) -> str:
    """Write the store's tombstones beside the backups; return what is in the way, empty where nothing is.

    Where no backup was ever made and no folder is set, there is nobody to tell.
    """
    sweep_staging(home.root.parent)
    folder = shelf(home.settings)
    if home.settings.backup_folder is None and not folder.is_dir():
        return ""
    try:
        sweep(folder)
        write_tombstones(folder, tombstones.all_tombstones(home.store()))
    except (OSError, PilotError) as error:
        return f"{folder} cannot be written ({type(error).__name__})"
    return ""


def sweep(folder: Path) -> None:
    """Delete what backups left that were cut off; call it with the keeper's lock held, so that none is under way."""
    for path in (*folder.glob(f"{UNFINISHED}*"), *folder.glob(f"{STORE_COPY}*")):
        shutil.rmtree(path, ignore_errors=True)
