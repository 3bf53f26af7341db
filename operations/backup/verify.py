"""Verifies backups: reads every byte of all of them, and restores a sample to scratch."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from operations.backup.catalog import (
    UNFINISHED,
    Backup,
    backup_folder,
    damaged_backups,
    list_backups,
    unpack,
)
from operations.backup.unpacking import base_backup, check_store
from pilot.errors import PilotError
from pilot.settings import Settings
from storage.backup.archive import put_under
from storage.backup.scratch_database import scratch_database
from storage.errors import SealedWithAnotherKey
from storage.folders import private_folder
from storage.home import Home
from storage.store import audit

VERIFIED = "backup.verify"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a verification.

    Attributes:
        whole: The names of the whole backups.
        files: Number of files read.
        damaged: What is wrong, by the backup's name.
        other_key: The names of the backups that another key sealed, as they were written as far as can be seen.
        sample: The name of the backup that was restored to scratch; empty if there was none.
    """

    whole: tuple[str, ...]
    files: int
    damaged: dict[str, str]
    sample: str
    other_key: tuple[str, ...] = ()

    @property
    def is_key_present(self) -> bool:
        """Return whether the key opens the newest backup: after a rotation older ones have the former key."""
        return max(self.whole, default="") > max(self.other_key, default="")

    @property
    def passed(self) -> bool:
        """Return whether there is a backup, none is damaged, and the key is that of the newest."""
        return bool(self.whole) and not self.damaged and self.is_key_present


def verify_all(
    home: Home, *, now: datetime, actor: str, report: Callable[[str], None] = lambda _: None
) -> Verification:
    """Read all backups of the folder, restore a sample's store to scratch, and record the result.

    Args:
        home: The home; its settings name the folder.
        now: The current time, UTC.
        actor: Who verifies, for the audit log.
        report: Called with a line of progress.
    """
    folder, key = backup_folder(home.settings), home.settings.backup_key.get_secret_value()
    damaged = {path.name: f"The manifest of {path.name} cannot be read." for path in damaged_backups(folder)}
    whole: list[Backup] = []
    other_key: list[str] = []
    files = 0
    for each in list_backups(folder):
        report(each.path.name)
        try:
            files += unpack(each, key=key)
            base_backup(each)
            whole.append(each)
        except SealedWithAnotherKey:
            other_key.append(each.path.name)
        except PilotError as error:
            if each.path.exists():  # else it was superseded meanwhile
                damaged[each.path.name] = error.what
    with_store = [each for each in whole if each.manifest.store is not None]
    sample = random.Random(now.isoformat()).choice(with_store) if with_store else None  # noqa: S311 - a sample
    if sample is not None:
        try:
            with scratch_settings(home.settings) as settings:
                restore_sample(sample, settings=settings)
        except PilotError as error:
            damaged[sample.path.name] = error.what
    result = Verification(
        tuple(each.path.name for each in whole if each.path.name not in damaged),
        files,
        damaged,
        sample.path.name if sample else "",
        tuple(other_key),
    )
    with home.store().begin() as connection:
        audit.record(
            connection, actor=actor, action=VERIFIED, subject=result.sample or "none", at=now,
            details={"passed": result.passed, "backups": len(whole), "files": files, "damaged": sorted(damaged),
                     "other_key": len(other_key)},
        )  # fmt: skip
    return result


@contextmanager
def scratch_settings(settings: Settings) -> Iterator[Settings]:
    """Yield the settings with an empty scratch database instead of a PostgreSQL store; drop it at the end.

    Raises:
        StoreNotCopied: the store's user may not create a database.
    """
    if not settings.store_url:
        yield settings
        return
    with scratch_database(settings.store_url) as url:
        yield settings.model_copy(update={"store_url": url})


def restore_sample(sample: Backup, *, settings: Settings) -> None:
    """Restore a backup's store to scratch, and compare it with the manifest.

    Args:
        sample: The backup.
        settings: Contain the key, and the address of an empty database for a PostgreSQL store.

    Raises:
        BackupDamaged: the backup is damaged.
        ContentsDiffer: the store is not the one that was copied.
    """
    folder = private_folder(sample.path.parent)
    with tempfile.TemporaryDirectory(prefix=f"{UNFINISHED}whole-sample-", dir=folder) as scratch:
        unpack(sample, key=settings.backup_key.get_secret_value(), put=put_under(Path(scratch)))
        check_store(Path(scratch), sample, settings=settings)
