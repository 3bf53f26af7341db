"""Restores a backup into a new home: verifies it, replays tombstones and applies time limits first.

Everything happens in a folder beside the target. A failed restore leaves no target.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from operations.backup.catalog import Backup, list_backups
from operations.backup.redemptions import read_own, recover_home
from operations.backup.staging import staging
from operations.backup.unpacking import NotRestored, unpack_home
from operations.backup.verified import mark_unverified
from operations.erasure.carry_out import carry_out
from operations.erasure.place_words import places_in_words
from operations.retention.carry_out import carry_out as apply_limits
from operations.retention.carry_out import waiting
from pilot.settings import Settings
from storage.backup.redemption_file import NAME as REDEMPTIONS
from storage.backup.tombstone_file import NAME, read_tombstones
from storage.folders import sync_folder
from storage.home import Home
from storage.store.payouts.recovery import Recovery
from storage.store.privacy import erasures, tombstones
from storage.store.privacy.tombstones import Tombstone

EVER = timedelta(days=365 * 100)
ACTOR = "restore"


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """The result of a restore.

    Attributes:
        root: The new home.
        made_at: The recovery point, UTC: everything acknowledged before is included.
        files: Number of restored files.
        segments: Number of segments of the landing, each verified by its checksum.
        damaged_segments: Segments that were damaged when the backup was made.
        tables: Number of lake tables read back.
        replayed: Erasures newer than the backup, carried out on the new home.
        recovery: The money's recovery: redemptions newer than the backup, and frozen rewards.
        unreadable_redemptions: Damaged lines of the files of redemptions.
    """

    root: Path
    made_at: datetime
    files: int
    segments: int
    damaged_segments: int
    tables: int
    replayed: int
    recovery: Recovery
    unreadable_redemptions: int


def restore(
    backup: Backup,
    target: Path,
    *,
    settings: Settings,
    tombstone_files: Sequence[Path] = (),
    redemption_files: Sequence[Path] = (),
    now: datetime,
    report: Callable[[str], None] = lambda _: None,
    check: Callable[[Home], None] = lambda _: None,
    keep: bool = True,
) -> RestoreResult:
    """Restore a backup into a home that does not exist yet.

    Args:
        backup: The backup.
        target: The new home; missing, or an empty folder.
        settings: Contain the key, and the address of a PostgreSQL store.
        tombstone_files: Files of tombstones in addition to the one beside the backup.
        redemption_files: Files of redemptions in addition to the one beside the backup.
        now: The current time, UTC.
        report: Called with a line of progress.
        check: Called with the unpacked home before anything in it changes; an error of it fails the restore.
        keep: Whether to keep the new home; false for a rehearsal.

    Raises:
        NotRestored: the target is in use, or tombstones could not be replayed.
        RestoreUnderWay: another process restores into the target.
        BackupDamaged: the backup, or the one that it continues, is incomplete or damaged.
        ContentsDiffer: the store is not the one that was copied.
        TombstonesUnreadable: the guests erased since the backup are unknown.
    """
    target = target.expanduser().absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotRestored(
            f"{target} is not empty.", remedy="Restore into a folder that does not exist yet, check it, then move it."
        )
    known = _known_tombstones(backup, tombstone_files)
    try:
        with staging(target) as folder:
            unpacked = unpack_home(backup, folder, settings=settings, report=report)
            home = unpacked.home
            check(home)
            report(f"replaying {len(known)} tombstones")
            replayed = _replay(home, known, now=now)
            report("booking redemptions and freezing open rewards")
            recovery, unreadable = _recover(home, backup, redemption_files, settings=settings)
            report("applying the time limits")
            _apply_limits(home, now=now)
            home.store().close()
            if keep:
                mark_unverified(folder, backup=backup.path.name)
                if target.exists():
                    target.rmdir()
                folder.rename(target)
                sync_folder(target.parent)
    except OSError as error:
        raise NotRestored(
            f"The backup cannot be unpacked: {error.strerror or type(error).__name__}.",
            remedy="Free space and try again.",
        ) from None
    return RestoreResult(
        root=target,
        made_at=backup.made_at,
        files=unpacked.files,
        segments=unpacked.segments,
        damaged_segments=unpacked.damaged_segments,
        tables=unpacked.tables,
        replayed=replayed,
        recovery=recovery,
        unreadable_redemptions=unreadable,
    )


def _known_tombstones(backup: Backup, more: Sequence[Path]) -> list[Tombstone]:
    beside = backup.path.parent / NAME
    files = [*([beside] if beside.exists() or not more else []), *more]
    by_session = {each.session_id: each for path in files for each in read_tombstones(path)}
    # A tombstone is never removed, so the file names at least as many as the store of any backup beside it.
    fullest = max([backup, *list_backups(backup.path.parent)], key=lambda each: each.manifest.tombstones)
    if len(by_session) < fullest.manifest.tombstones:
        raise NotRestored(
            f"The tombstones name {len(by_session)} sessions; the store of {fullest.path.name} had "
            f"{fullest.manifest.tombstones}.",
            remedy="Put back the newest tombstones.ndjson, or name a copy with --tombstones.",
        )
    return list(by_session.values())


def _recover(home: Home, backup: Backup, more: Sequence[Path], *, settings: Settings) -> tuple[Recovery, int]:
    """Recover the money; without any file of redemptions everything open is frozen all the same."""
    secret = settings.secret_key.get_secret_value().encode() or home.secret()
    redeemed, unreadable = read_own(home, (backup.path.parent / REDEMPTIONS, *more), secret=secret)
    return recover_home(home, redeemed, secret=secret, recovered_to=backup.manifest.made_at), unreadable


def _apply_limits(home: Home, *, now: datetime) -> None:
    """Remove data past its time limit; nothing else runs on the new home."""
    for _ in range(2):
        apply_limits(home, now=now, grace=timedelta(0))
    left = waiting(home, now=now, grace=timedelta(0))
    if left:
        raise NotRestored(
            f"{left[0].kind} of {left[0].day} are past their time limit and could not be removed.",
            remedy="No home was created. Restore again; if this recurs, a file of the backup cannot be read.",
        )


def _replay(home: Home, known: Sequence[Tombstone], *, now: datetime) -> int:
    store = home.store()
    new = [each for each in known if tombstones.erased_at(store, each.session_id) is None]
    for each in new:
        tombstones.add(store, session_id=each.session_id, actor=each.actor, reason=each.reason, at=each.created_at)
    # The first call rewrites, the second deletes old versions; nothing else runs on the new home.
    for _ in range(2):
        carry_out(home, now=now, grace=timedelta(0), recheck=EVER)
    left = erasures.pending(store)
    if left:
        raise NotRestored(
            f"{len(left)} erasures could not be replayed ({places_in_words(left[0].places)}).",
            remedy="No home was created. Repair the named places, and restore again.",
        )
    return len(new)
