"""Carries sealed backups to the other targets, and lists, fetches and deletes them there.

A backup's manifest is carried last, so that a backup with a manifest is whole. What a target holds is read from the
target itself, never from a note of what was sent.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from operations.backup.cadence import superseded
from operations.backup.catalog import (
    MANIFEST,
    PREFIX,
    SEALED,
    Backup,
    backup_folder,
    list_backups,
    read_manifest,
    select,
    time_from_name,
)
from pilot.business_days import business_day
from pilot.errors import PilotError
from pilot.settings import Settings
from storage.backup.redemption_file import NAME as REDEMPTIONS
from storage.backup.redemption_file import add_lines
from storage.backup.targets.object_target import ObjectTarget
from storage.backup.targets.rclone_target import RcloneTarget
from storage.backup.targets.target import Target, TargetAway
from storage.backup.tombstone_file import NAME as TOMBSTONES
from storage.backup.tombstone_file import read_tombstones, write_tombstones
from storage.errors import BackupDamaged
from storage.folders import private_folder
from storage.home import Home

BESIDE = (TOMBSTONES, REDEMPTIONS)


class UnknownTarget(PilotError):
    """The settings name no such target."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a target holds.

    Attributes:
        files: The size of each file by its path.
        backups: The whole backups, oldest first; their paths are in the target.
    """

    files: dict[str, int]
    backups: list[Backup]


def targets_of(settings: Settings) -> list[Target]:
    """Return the targets in addition to the folder.

    Raises:
        TargetAway: an address cannot be used.
    """
    targets: list[Target] = []
    if settings.backup_url:
        targets.append(ObjectTarget(settings.backup_url))
    if settings.backup_remote:
        targets.append(RcloneTarget(settings.backup_remote))
    return targets


def read_target(target: Target) -> Carried:
    """Read which whole backups a target holds.

    Raises:
        TargetAway: the target does not answer.
    """
    files = target.files()
    found = []
    with tempfile.TemporaryDirectory(prefix="pilot-manifests-") as temporary:
        for path in sorted(files):
            name, _, file = path.partition("/")
            if file != MANIFEST or not name.startswith(PREFIX):
                continue
            folder = private_folder(Path(temporary) / name)
            target.get(path, folder / MANIFEST)
            with suppress(BackupDamaged):
                backup = read_manifest(folder)
                if files.get(f"{name}/{backup.content.name}") == backup.manifest.content_bytes:
                    found.append(Backup(Path(name), backup.manifest))
    return Carried(files, sorted(found, key=lambda each: each.made_at))


@dataclass(frozen=True, slots=True)
class CarriedCopy:
    """The result of carrying to one target.

    Attributes:
        target: The target's address.
        count: Number of backups carried.
        fault: Why it failed; empty if it did not.
    """

    target: str
    count: int = 0
    fault: str = ""


def carry_now(home: Home, *, now: datetime) -> list[CarriedCopy]:
    """Carry what the targets lack, once; a target that is away is named and stops no other.

    Raises:
        TargetAway: an address cannot be used.
    """
    results = []
    for target in targets_of(home.settings):
        try:
            results.append(CarriedCopy(target.address, len(Carrier(home, target).run(now=now))))
        except TargetAway as error:
            results.append(CarriedCopy(target.address, fault=error.what))
    return results


class Carrier:
    """Carries a home's sealed backups to one target."""

    def __init__(self, home: Home, target: Target) -> None:
        self._home = home
        self._target = target
        self._done: object = None

    def run(self, *, now: datetime) -> list[str]:
        """Carry the backups that the target lacks, and delete expired ones; return the carried names.

        Raises:
            TargetAway: the target does not answer.
        """
        folder = backup_folder(self._home.settings)
        own = [each for each in list_backups(folder) if each.manifest.home == self._home.identity()]
        limit = timedelta(days=self._home.settings.backup_days)
        sealed = [each for each in own if each.manifest.sealed and now - each.made_at < limit]
        # The day, so that expired backups are deleted there although no new one is made.
        state = (business_day(now), [each.path for each in sealed], [_state_of(folder / name) for name in BESIDE])
        if state == self._done:
            return []
        files = self._target.files()
        for name in BESIDE:
            if (folder / name).exists():
                self._target.put(name, folder / name)
        missing = [each for each in sealed if f"{each.path.name}/{MANIFEST}" not in files]
        for each in missing:
            self._target.put(f"{each.path.name}/{SEALED}", each.content)
            self._target.put(f"{each.path.name}/{MANIFEST}", each.path / MANIFEST)
        self._delete_old(files, now=now)
        self._done = state
        return [each.path.name for each in missing]

    def _delete_old(self, files: dict[str, int], *, now: datetime) -> None:
        """Delete every backup past the time limit, and this home's that are no longer needed."""
        limit = timedelta(days=self._home.settings.backup_days)
        names = {PurePosixPath(path).parts[0] for path in files if path.startswith(PREFIX)}
        expired = {name for name in names if (made := time_from_name(Path(name))) is not None and now - made >= limit}
        local = {each.path.name for each in list_backups(backup_folder(self._home.settings))}
        gone = sorted(names - local - expired)
        if gone:
            carried = read_target(self._target).backups
            own = [each for each in carried if each.manifest.home == self._home.identity()]
            expired |= {each.path.name for each in superseded(own, now=now)}
        for path in sorted(files, key=lambda path: PurePosixPath(path).name != MANIFEST):  # the manifest first
            if PurePosixPath(path).parts[0] in expired:
                self._target.remove(path)


def fetch(target: Target, folder: Path, names: Iterable[str]) -> list[Path]:
    """Fetch backups, and the files beside them, from a target into a folder; return the backups' paths.

    What the folder has already is not fetched again, so an interrupted fetch resumes.

    Args:
        target: The target.
        folder: The folder of backups.
        names: The backups' names.

    Raises:
        TargetAway: the target does not answer.
    """
    private_folder(folder)
    files = target.files()
    fetched = []
    for name in names:
        path = private_folder(folder / name)
        for file in (SEALED, MANIFEST):
            if not (path / file).exists() or (path / file).stat().st_size != files.get(f"{name}/{file}"):
                partial = folder / f".fetching-{name}-{file}"
                target.get(f"{name}/{file}", partial)
                partial.replace(path / file)
        fetched.append(path)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as temporary:
        for name in BESIDE:
            if name not in files:
                continue
            beside = Path(temporary) / name
            target.get(name, beside)
            if name == TOMBSTONES:
                write_tombstones(folder, read_tombstones(beside))
            else:
                add_lines(folder, beside)
    return fetched


def target_named(settings: Settings, address: str) -> Target:
    """Return the target with an address.

    Raises:
        UnknownTarget: the settings name no such target.
    """
    known = targets_of(settings)
    for target in known:
        if target.address == address:
            return target
    raise UnknownTarget(
        f"{address} is no target of backups.",
        remedy=f"The settings name {', '.join(each.address for each in known) or 'none'}: see PILOT_BACKUP_URL and "
        "PILOT_BACKUP_REMOTE.",
    )


def read_named(settings: Settings, address: str) -> Carried:
    """Return what the target with an address holds."""
    return read_target(target_named(settings, address))


def fetch_named(settings: Settings, address: str, which: str) -> int:
    """Fetch a backup, and the whole one that it continues, from a target; return their number.

    Args:
        settings: Name the targets and the folder.
        address: The target's address.
        which: latest, a day, or a backup's name.

    Raises:
        NoSuchBackup: the target holds none that matches.
    """
    target = target_named(settings, address)
    carried = read_target(target).backups
    backup = select(carried, which, place=address)
    return len(fetch(target, backup_folder(settings), names_for(backup, carried)))


def fetch_configuration(settings: Settings, address: str, which: str = "") -> str:
    """Fetch a configuration's backup from a target; return its name.

    Args:
        settings: Name the targets and the folder.
        address: The target's address.
        which: The backup's name; empty for the newest one of a configuration.

    Raises:
        NoSuchBackup: the target holds none that matches.
    """
    target = target_named(settings, address)
    saved = [each for each in read_target(target).backups if each.manifest.scope == "configuration"]
    newest = saved[-1].path.name if saved else "configuration"
    backup = select(saved, which or newest, place=address)
    fetch(target, backup_folder(settings), [backup.path.name])
    return backup.path.name


def names_for(backup: Backup, among: Sequence[Backup]) -> list[str]:
    """Return the names of a backup and of the whole one that it continues."""
    names = {each.path.name for each in among}
    base = backup.manifest.base
    return [*([base] if base in names else []), backup.path.name]


def _state_of(path: Path) -> object:
    return (path.stat().st_size, path.stat().st_mtime_ns) if path.exists() else None
