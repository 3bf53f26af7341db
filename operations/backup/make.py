"""Makes a backup that contains everything acknowledged before its start, in a consistent state.

Order matters. Append logs first, then the store, then the landing: a log published meanwhile is copied twice, which
readers deduplicate, and everything that the store refers to is in the landing. The lake is copied at one version a
table.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from operations.backup.catalog import (
    MANIFEST,
    NAME_FORMAT,
    PLAIN,
    PREFIX,
    SEALED,
    STORE_COPY_PREFIX,
    UNFINISHED,
    Backup,
    backup_folder,
    sweep_unfinished,
)
from operations.backup.manifest import FORMAT, INNER_MANIFEST, Manifest
from operations.backup.redemptions import RedemptionExport, installation_of
from operations.backup.staging import sweep_staging
from operations.erasure.home_lock import home_lock
from pilot.errors import PilotError
from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import TABLES
from storage.backup.archive import ArchiveWriter
from storage.backup.lake_copy import table_version
from storage.backup.redemption_file import NAME
from storage.backup.sealing import sealing_writer
from storage.backup.store_copy import copy_store
from storage.backup.tombstone_file import write_tombstones
from storage.errors import LandingUnavailable
from storage.folders import PRIVATE_FILE, create_once, private_folder, sync_folder
from storage.home import DESCRIPTION_FILE, IDENTITY_FILE, LAKE_FOLDER, LANDING_FOLDER, LOG_FOLDER, SECRET_FILE, Home
from storage.landing.folder_segments import DAMAGED_FOLDER
from storage.landing.log_lines import whole_lines
from storage.store.privacy import tombstones


class NotSealed(PilotError):
    """There is no key for sealing a backup."""


class BackupFailed(PilotError):
    """A backup could not be made; earlier backups are unchanged."""


def make_backup(
    home: Home, *, now: datetime, plain: bool = False, report: Callable[[str], None] = lambda _: None
) -> Backup:
    """Make a backup of a home that may be in use.

    Args:
        home: The home.
        now: The current time, UTC.
        plain: Make an unsealed backup, readable by everyone with access to its folder, without the home's secret key.
        report: Called with a line of progress.

    Raises:
        NotSealed: there is no key, and `plain` is false.
        HomeLocked: an erasure, retention or another backup is running.
        BackupFailed: a part cannot be copied.
    """
    key = home.settings.backup_key.get_secret_value()
    if not key and not plain:
        raise NotSealed(
            "PILOT_BACKUP_KEY is not set: a backup contains what guests said.",
            remedy="Set it (`openssl rand -base64 32`) and keep a copy elsewhere; --plain makes an unsealed one.",
        )
    folder = private_folder(backup_folder(home.settings))
    name = f"{now.astimezone(UTC).strftime(NAME_FORMAT)}-{new_identifier()[-6:]}"
    unfinished, finished = folder / f"{UNFINISHED}{name}", folder / f"{PREFIX}{name}"
    try:
        with home_lock(home.root):
            sweep_unfinished(folder)
            sweep_staging(home.root.parent)
            manifest = _write(home, private_folder(unfinished), now=now, key="" if plain else key, report=report)
            unfinished.rename(finished)
            sync_folder(folder)
    except OSError as error:
        raise BackupFailed(
            f"The backup cannot be written: {error.strerror or type(error).__name__}.",
            remedy="Free space on the disk of the backups; earlier backups are unchanged.",
        ) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Backup(finished, manifest)


def _write(home: Home, folder: Path, *, now: datetime, key: str, report: Callable[[str], None]) -> Manifest:
    erased = tombstones.all_tombstones(home.store())
    content = folder / (SEALED if key else PLAIN)
    with content.open("xb") as file:
        content.chmod(PRIVATE_FILE)
        with ExitStack() as stack:
            sealing = stack.enter_context(closing(sealing_writer(file, key=key))) if key else file
            archive = ArchiveWriter(cast("BinaryIO", sealing))
            copied = _copy(home, archive, secret=bool(key), report=report)
            manifest = Manifest(
                format=FORMAT,
                made_at=now,
                kind=home.kind,
                sealed=bool(key),
                content_bytes=0,
                content_sha256="",
                segments=copied.segments,
                tables=copied.tables,
                tombstones=len(erased),
                left_out=tuple(copied.left_out),
            )
            archive.add(INNER_MANIFEST, manifest.inner())
            archive.finish()
        file.flush()
        os.fsync(file.fileno())
    write_tombstones(folder.parent, erased)
    RedemptionExport(home).run()
    manifest = replace(manifest, content_bytes=content.stat().st_size, content_sha256=_sha256(content))
    create_once(folder / MANIFEST, json.dumps(manifest.as_json(), indent=1).encode())
    return manifest


class _CopiedParts:
    """The parts copied so far."""

    def __init__(self) -> None:
        self.segments = 0
        self.tables: dict[str, int] = {}
        self.left_out = [
            "Dagster's runs, logs and weights: they are created again",
        ]


def _copy(home: Home, archive: ArchiveWriter, *, secret: bool, report: Callable[[str], None]) -> _CopiedParts:
    copied = _CopiedParts()
    archive.add_file(DESCRIPTION_FILE, home.root / DESCRIPTION_FILE)
    installation_of(home, home.secret(), backup_folder(home.settings) / NAME)
    archive.add_file(IDENTITY_FILE, home.root / IDENTITY_FILE)
    if secret and not home.settings.secret_key.get_secret_value():
        home.secret()
        archive.add_file(SECRET_FILE, home.root / SECRET_FILE)
    else:
        copied.left_out.append("the installation's secret key")
    report("append logs")
    for path in sorted((home.root / LOG_FOLDER).rglob("*.log")):
        try:
            lines = whole_lines(path.read_bytes())
        except FileNotFoundError:  # Just published: it is in the landing.
            continue
        if lines:
            archive.add(path.relative_to(home.root).as_posix(), b"".join(lines))
    report("store")
    with tempfile.TemporaryDirectory(prefix=STORE_COPY_PREFIX, dir=backup_folder(home.settings)) as temporary:
        copy = copy_store(home.store(), Path(temporary))
        archive.add_file(copy.name, copy)
    report("landing")
    _copy_landing(home, archive, copied)
    report("lake")
    if home.settings.lake_url:
        copied.left_out.append(f"the lake: it is at {home.settings.lake_url}")
    else:
        for table in TABLES.values():
            _copy_table(home, archive, table.name, copied)
    return copied


def _copy_landing(home: Home, archive: ArchiveWriter, copied: _CopiedParts) -> None:
    if home.settings.landing_url:
        copied.left_out.append(f"the landing: it is at {home.settings.landing_url}")
        return
    segments = home.segments()
    for day in sorted(segments.fingerprints()):
        for name in segments.list(day):
            try:
                archive.add(f"{LANDING_FOLDER}/{name.path}", segments.read_unchecked(name))
            except LandingUnavailable:  # Salvaged meanwhile: its lines are in a newer segment.
                continue
            copied.segments += 1
    for name in segments.damaged():
        archive.add(f"{LANDING_FOLDER}/{DAMAGED_FOLDER}/{name.path}", segments.read_damaged(name))


def _copy_table(home: Home, archive: ArchiveWriter, table: str, copied: _CopiedParts) -> None:
    found = table_version(home.lake(), TABLES[table])
    if found is None:
        return
    version, files = found
    for path in files:
        # Nothing deletes these files meanwhile: deleting needs the home's lock, which this backup holds.
        inside = path.relative_to(home.root / LAKE_FOLDER).as_posix()
        archive.add_file(f"{LAKE_FOLDER}/{inside}", path)
    copied.tables[table] = version


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
