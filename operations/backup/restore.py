"""Restores a backup into a new home: checked whole, tombstones replayed, time limits kept, then put in its place.

Everything happens in a folder beside the target. What fails leaves the target as it was: not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from operations.backup.shelf import Backup, unpack
from operations.backup.staging import staging
from operations.erasure.carry_out import carry_out
from operations.retention.carry_out import carry_out as keep_limits
from operations.retention.carry_out import waiting
from pilot.errors import PilotError
from pilot.settings import Settings
from pilot.tables import TABLES
from storage.backup.archive import put_under
from storage.backup.store_copy import POSTGRESQL_COPY, SQLITE_COPY, check_sqlite, restore_postgresql
from storage.backup.tombstone_file import NAME, read_tombstones
from storage.erasure.landing_lines import publish_logs
from storage.errors import BackupDamaged, CorruptSegment
from storage.folders import sync_folder
from storage.home import LOG_FOLDER, Home, Kind, open_home
from storage.store.privacy import erasures, tombstones
from storage.store.privacy.tombstones import Tombstone

EVER = timedelta(days=365 * 100)
ACTOR = "restore"


class NotRestored(PilotError):
    """A backup was not restored."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to.

    Attributes:
        root: The new home.
        made_at: Until when everything that was acknowledged is in it, UTC.
        files: Files put back.
        segments: Segments of the landing, each held against its checksum.
        damaged_segments: Of these, those that were damaged when the backup was made.
        tables: Lake tables read back.
        replayed: Erasures that are newer than the backup and were carried out on it.
    """

    root: Path
    made_at: datetime
    files: int
    segments: int
    damaged_segments: int
    tables: int
    replayed: int


def restore(
    backup: Backup,
    target: Path,
    *,
    settings: Settings,
    tombstone_files: Sequence[Path] = (),
    now: datetime,
    told: Callable[[str], None] = lambda _: None,
    keep: bool = True,
) -> Restored:
    """Restore a backup into a home that does not exist yet.

    Args:
        backup: The backup.
        target: Where the home will be; missing, or an empty folder.
        settings: Holds the key, and the store's address where the store is PostgreSQL.
        tombstone_files: Files of tombstones beside the one that lies by the backup.
        now: The present moment, UTC.
        told: Called with a line of progress.
        keep: Whether the home is put in its place; otherwise it was a rehearsal.

    Raises:
        NotRestored: the target is in use, or tombstones could not be replayed.
        RestoreUnderWay: another process restores into it.
        BackupDamaged: the backup is not whole.
        TombstonesUnreadable: nobody can tell which guests were erased since.
    """
    target = target.expanduser().absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotRestored(
            f"{target} is not empty.", remedy="Restore into a folder that does not exist yet, look at it, then move it."
        )
    known = _tombstones(backup, tombstone_files)
    try:
        with staging(target) as folder:
            told("unpacking and checking")
            files = unpack(backup, key=settings.backup_key.get_secret_value(), put=put_under(folder))
            home = _opened(folder, backup, settings=settings)
            told("looking at every segment and table")
            segments, damaged = _check_landing(home)
            tables = _check_lake(home)
            told(f"replaying {len(known)} tombstones")
            replayed = _replay(home, known, now=now)
            told("keeping the time limits")
            _keep_limits(home, now=now)
            home.store().close()
            if keep:
                if target.exists():
                    target.rmdir()
                folder.rename(target)
                sync_folder(target.parent)
    except OSError as error:
        raise NotRestored(
            f"The backup cannot be unpacked: {error.strerror or type(error).__name__}.",
            remedy="Free space and try again.",
        ) from None
    return Restored(target, backup.manifest.made_at, files, segments, damaged, tables, replayed)


def _tombstones(backup: Backup, more: Sequence[Path]) -> list[Tombstone]:
    beside = backup.path.parent / NAME
    files = [*([beside] if beside.exists() or not more else []), *more]
    found = {each.session_id: each for path in files for each in read_tombstones(path)}
    if len(found) < backup.manifest.tombstones:
        raise NotRestored(
            f"The tombstones name {len(found)} sessions; the backup itself knew of {backup.manifest.tombstones}.",
            remedy="Put back the newest tombstones.ndjson, or name a copy with --tombstones.",
        )
    return list(found.values())


def _opened(staging: Path, backup: Backup, *, settings: Settings) -> Home:
    dump = staging / POSTGRESQL_COPY
    if dump.exists():
        if not settings.store_url:
            raise NotRestored(
                "The backup's store is a PostgreSQL one.", remedy="Set PILOT_STORE_URL to a new, empty database."
            )
        restore_postgresql(settings.store_url, dump)
        dump.unlink()
    elif (staging / SQLITE_COPY).exists():
        check_sqlite(staging / SQLITE_COPY)
    else:
        raise BackupDamaged(f"{backup.path.name} holds no store.")
    own = {
        "home": staging,
        "store_url": "" if (staging / SQLITE_COPY).exists() else settings.store_url,
        "landing_url": "",
        "lake_url": "",
        "backup_folder": backup.path.parent,
    }
    kind: Kind = "demo" if backup.manifest.kind == "demo" else "real"
    return open_home(settings.model_copy(update={**own, "secret_key": SecretStr("")}), kind=kind)


def _check_landing(home: Home) -> tuple[int, int]:
    publish_logs(home.root / LOG_FOLDER, home.segments())
    segments = home.segments()
    count = damaged = 0
    for day in segments.fingerprints():
        for name in segments.list(day):
            count += 1
            try:
                segments.read(name)
            except CorruptSegment:  # as it was in the home: `pilot landing salvage` saves what is whole
                damaged += 1
    return count, damaged


def _check_lake(home: Home) -> int:
    lake = home.lake()
    written = [table for table in TABLES.values() if lake.version(table) is not None]
    for table in written:
        lake.read(table, columns=list(table.key))
    return len(written)


def _keep_limits(home: Home, *, now: datetime) -> None:
    """Remove what has reached its time limit since the backup was made; nothing else runs on the home."""
    for _ in range(2):
        keep_limits(home, now=now, grace=timedelta(0))
    left = waiting(home, now=now, grace=timedelta(0))
    if left:
        raise NotRestored(
            f"{left[0].kind} of {left[0].day} could not be removed, whose time is over.",
            remedy="Nothing was put in place. Restore again; if it stays so, a file of the backup cannot be read.",
        )


def _replay(home: Home, known: Sequence[Tombstone], *, now: datetime) -> int:
    store = home.store()
    new = [each for each in known if tombstones.erased_at(store, each.session_id) is None]
    for each in new:
        tombstones.add(store, session_id=each.session_id, actor=each.actor, reason=each.reason, at=each.created_at)
    # The first step rewrites, the second deletes what held it before; nothing else runs on a home that is not there.
    for _ in range(2):
        carry_out(home, now=now, grace=timedelta(0), recheck=EVER)
    left = erasures.pending(store)
    if left:
        places = "; ".join(f"{place}: {told}" for place, told in left[0].places.items())
        raise NotRestored(
            f"{len(left)} erasures could not be replayed ({places}).",
            remedy="Nothing was put in place. Mend what is named, and restore again.",
        )
    return len(new)
