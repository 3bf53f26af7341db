"""Makes backups of a home in a consistent state, with everything acknowledged before their start.

A whole backup has append logs, store, landing and lake. A recent one has the store, and what the append logs and the
landing gained since the whole backup that it continues. A configuration has settings and the cafés' file.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
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
from operations.backup.manifest import FORMAT, INNER_MANIFEST, WITH_LAKE, Manifest, Scope
from operations.backup.parts import LAKE_LEFT_OUT, Parts
from operations.backup.redemptions import RedemptionExport
from operations.backup.staging import sweep_staging
from operations.erasure.home_lock import RUN_FOLDER, HomeLocked, home_lock
from pilot.errors import PilotError
from pilot.identifiers import new_identifier
from storage.backup.archive import ArchiveWriter
from storage.backup.sealing import sealing_writer
from storage.backup.store_contents import StoreContents
from storage.backup.store_copy import copy_store
from storage.backup.tombstone_file import write_tombstones
from storage.folders import PRIVATE_FILE, create_once, private_folder, sync_folder
from storage.home import Home
from storage.store.privacy import tombstones

LOCK_NAMES: dict[Scope, str] = {"recent": "copying.lock", "configuration": "configuration.lock"}


class NotSealed(PilotError):
    """There is no key for sealing a backup."""


class BackupFailed(PilotError):
    """A backup could not be made; earlier backups are unchanged."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a backup contains.

    Attributes:
        scope: Its scope.
        now: Its start, UTC.
        key: Seals it; empty for an unsealed one.
        base: The whole backup that a recent one continues.
        last: The latest backup with a store, if an equal store needs no other one.
    """

    scope: Scope
    now: datetime
    key: str
    report: Callable[[str], None]
    base: Backup | None = None
    last: StoreContents | None = None


def make_backup(
    home: Home,
    *,
    now: datetime,
    plain: bool = False,
    scope: Scope = "whole",
    report: Callable[[str], None] = lambda _: None,
) -> Backup:
    """Make a backup of a home that may be in use.

    Args:
        home: The home.
        now: The current time, UTC.
        plain: Make an unsealed backup, readable by everyone with access to its folder, without the home's secret key.
        scope: What it contains; a recent one without a base contains the whole landing.
        report: Called with a line of progress.

    Raises:
        NotSealed: there is no key, and `plain` is false.
        HomeLocked: an erasure, retention or another backup is running.
        BackupFailed: a part cannot be copied.
    """
    made = _make(home, _Plan(scope, now, _key(home, plain=plain), report))
    assert made is not None
    return made


def make_recent(home: Home, *, now: datetime, base: Backup | None, last: StoreContents | None) -> Backup | None:
    """Make a sealed backup of the store and of the landing since `base`; None if nothing changed.

    Args:
        home: The home.
        now: The current time, UTC.
        base: The whole backup to continue; None copies the whole landing.
        last: The store's contents in the latest backup; None makes one in any case.

    Raises:
        NotSealed: there is no key.
        HomeLocked: another one is being made.
        BackupFailed: a part cannot be copied.
    """
    return _make(home, _Plan("recent", now, _key(home), lambda _: None, base, last))


def _key(home: Home, *, plain: bool = False) -> str:
    key = home.settings.backup_key.get_secret_value()
    if not key and not plain:
        raise NotSealed(
            "PILOT_BACKUP_KEY is not set: a backup contains what guests said.",
            remedy="Set it (`openssl rand -base64 32`) and keep a copy elsewhere; --plain makes an unsealed one.",
        )
    return "" if plain else key


def _make(home: Home, plan: _Plan) -> Backup | None:
    folder = private_folder(backup_folder(home.settings))
    name = f"{plan.now.astimezone(UTC).strftime(NAME_FORMAT)}-{new_identifier()[-6:]}"
    unfinished, finished = folder / f"{UNFINISHED}{plan.scope}-{name}", folder / f"{PREFIX}{name}"
    try:
        with _locked(home, plan.scope):
            sweep_unfinished(folder, scope=plan.scope)
            if plan.scope in WITH_LAKE:
                sweep_staging(home.root.parent)
            manifest = _write(home, private_folder(unfinished), plan)
            if manifest is None:
                return None
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


@contextmanager
def _locked(home: Home, scope: Scope) -> Iterator[None]:
    """Hold the lock of a scope: only a whole backup reads files that erasure and upkeep delete.

    Raises:
        HomeLocked: another process holds it.
    """
    if scope in WITH_LAKE:
        with home_lock(home.root):
            yield
        return
    with (private_folder(home.root / RUN_FOLDER) / LOCK_NAMES[scope]).open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HomeLocked from None
        yield


def _write(home: Home, folder: Path, plan: _Plan) -> Manifest | None:
    erased = tombstones.all_tombstones(home.store())
    with tempfile.TemporaryDirectory(prefix=STORE_COPY_PREFIX, dir=folder) as temporary:
        copy = contents = None
        if plan.scope != "configuration":
            copy, contents = copy_store(home.store(), Path(temporary))
            if contents == plan.last:
                return None
        content = folder / (SEALED if plan.key else PLAIN)
        with content.open("xb") as file:
            content.chmod(PRIVATE_FILE)
            with ExitStack() as stack:
                sealing = stack.enter_context(closing(sealing_writer(file, key=plan.key))) if plan.key else file
                archive = ArchiveWriter(cast("BinaryIO", sealing))
                parts = Parts(home, archive, report=plan.report)
                if copy is None or contents is None:
                    parts.configuration()
                else:
                    parts.identity(secret=bool(plan.key))
                    parts.store(copy, contents)
                    _copy_data(parts, plan)
                manifest = _manifest(home, plan, parts, tombstone_count=len(erased), contents=contents)
                archive.add(INNER_MANIFEST, manifest.inner())
                archive.finish()
            file.flush()
            os.fsync(file.fileno())
    write_tombstones(folder.parent, erased)
    if plan.scope in WITH_LAKE:
        RedemptionExport(home).run()
    manifest = replace(manifest, content_bytes=content.stat().st_size, content_sha256=_sha256(content))
    create_once(folder / MANIFEST, json.dumps(manifest.as_json(), indent=1).encode())
    return manifest


def _copy_data(parts: Parts, plan: _Plan) -> None:
    parts.logs()
    parts.landing_days(since=plan.base.manifest.landing if plan.base else {})
    if plan.scope in WITH_LAKE:
        parts.lake()
    else:
        parts.left_out.append(LAKE_LEFT_OUT)


def _manifest(
    home: Home, plan: _Plan, parts: Parts, *, tombstone_count: int, contents: StoreContents | None
) -> Manifest:
    return Manifest(
        format=FORMAT,
        made_at=plan.now,
        kind=home.kind,
        sealed=bool(plan.key),
        content_bytes=0,
        content_sha256="",
        segments=parts.segments,
        tables=parts.tables,
        tombstones=tombstone_count,
        left_out=tuple(parts.left_out),
        scope=plan.scope,
        home=home.identity() or "",
        base=plan.base.path.name if plan.base else "",
        landing=parts.landing,
        lake_rows=parts.lake_rows,
        store=contents,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
