"""Restores a backup in place of a stopped home, after a safety copy; resumes if interrupted.

A home that is too damaged for a backup is set aside as a folder, and is deleted as old backups are.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from operations.backup.catalog import NAME_FORMAT, Backup
from operations.backup.lost_home import is_new
from operations.backup.make import make_backup
from operations.backup.restore import RestoreResult, restore
from operations.backup.unpacking import NotRestored
from operations.supervisor.claims import claim_home
from operations.system import DAGSTER_FOLDER, RUN_FOLDER
from pilot.errors import PilotError
from pilot.settings import Settings
from storage.backup.store_contents import StoreContents
from storage.backup.store_copy import contents_of
from storage.folders import sync_folder
from storage.home import DESCRIPTION_FILE, open_existing_home
from storage.store import audit

WEIGHTS_FOLDER = ".weights"
MOVED_BACK = (WEIGHTS_FOLDER, DAGSTER_FOLDER)  # no backup contains them
INCOMING, REPLACED, SET_ASIDE = ".incoming-", ".replaced-", ".set-aside-"


@dataclass(frozen=True, slots=True)
class Loss:
    """What a restore in place would lose.

    Attributes:
        recovered_to: The recovery point, UTC.
        rows: For each table, the rows that the home has more than the backup.
        ledger_ore: For each account, the home's balance minus the backup's, in öre.
        unknown: Whether the home or the backup cannot be counted.
        is_missing: Whether there is no home, so that nothing is replaced.
    """

    recovered_to: datetime
    rows: dict[str, int]
    ledger_ore: dict[str, int]
    unknown: bool = False
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class InPlaceResult:
    """The result of a restore in place.

    Attributes:
        restored: The restore's own result.
        safety_copy: The backup of the replaced home, or the folder it was set aside in; None if there was no home.
    """

    restored: RestoreResult
    safety_copy: Path | None


def root_of(settings: Settings) -> Path:
    """Return the folder of the home that the settings name."""
    return settings.home.expanduser().absolute()


def loss_of(backup: Backup, *, settings: Settings) -> Loss:
    """Return what the present home has and the backup has not."""
    root = root_of(settings)
    if not (root / DESCRIPTION_FILE).exists():
        return Loss(backup.made_at, {}, {}, is_missing=True)
    then = backup.manifest.store
    try:
        now = contents_of(open_existing_home(settings).store())
    except (PilotError, OSError):
        return Loss(backup.made_at, {}, {}, unknown=True)
    return Loss(backup.made_at, {}, {}, unknown=True) if then is None else _difference(backup.made_at, now, then)


def restore_in_place(
    backup: Backup,
    *,
    settings: Settings,
    tombstone_files: Sequence[Path] = (),
    redemption_files: Sequence[Path] = (),
    now: datetime,
    actor: str,
    reason: str,
    report: Callable[[str], None] = lambda _: None,
) -> InPlaceResult:
    """Restore a backup in place of the home, which must not run; complete an interrupted restore.

    Args:
        backup: The backup.
        settings: Name the home; contain the key.
        tombstone_files: Files of tombstones in addition to the one beside the backup.
        redemption_files: Files of redemptions in addition to the one beside the backup.
        now: The current time, UTC.
        actor: Who restores, for the audit log.
        reason: Why, for the audit log.
        report: Called with a line of progress.

    Raises:
        NotRestored: the store is a PostgreSQL one; that needs a new, empty database and a new home.
        AlreadyRunning: the pilot runs on the home.
        PilotError: the backup cannot be restored; the home is unchanged.
    """
    if settings.store_url:
        raise NotRestored(
            "A PostgreSQL store is not replaced in place.",
            remedy="Set PILOT_STORE_URL to a new, empty database, and restore with --to into a new home.",
        )
    root = root_of(settings)
    incoming, replaced = (root.with_name(f"{prefix}{root.name}") for prefix in (INCOMING, REPLACED))
    finish(settings)
    shutil.rmtree(incoming, ignore_errors=True)
    with ExitStack() as stack:
        safety = None
        if (root / DESCRIPTION_FILE).exists() and not is_new(root):  # a copy would let an empty home pass as begun
            stack.enter_context(claim_home(root / RUN_FOLDER))
            report("making a safety copy of the home")
            safety = _safety_copy(settings, now=now)
        result = restore(
            backup,
            incoming,
            settings=settings,
            tombstone_files=tombstone_files,
            redemption_files=redemption_files,
            now=now,
            report=report,
        )
        report("exchanging the folders")
        if root.exists():
            root.rename(replaced)
        incoming.rename(root)
        sync_folder(root.parent)
        if safety is None and replaced.exists():
            safety = root.with_name(f"{SET_ASIDE}{root.name}-{now.astimezone(UTC):{NAME_FORMAT}}")
            shutil.copytree(replaced, safety, ignore=shutil.ignore_patterns(*MOVED_BACK))
        finish(settings)
    home = open_existing_home(settings)
    with home.store().begin() as connection:
        audit.record(
            connection, actor=actor, action="backup.restore", subject=backup.path.name, reason=reason,
            details={"recovered_to": backup.made_at.isoformat(), "safety_copy": safety.name if safety else ""}, at=now,
        )  # fmt: skip
    home.store().close()
    return InPlaceResult(result, safety)


def finish(settings: Settings) -> None:
    """Complete the exchange of folders of a restore that was interrupted; nothing happens otherwise."""
    root = root_of(settings)
    incoming, replaced = (root.with_name(f"{prefix}{root.name}") for prefix in (INCOMING, REPLACED))
    if not replaced.exists():
        return
    if not root.exists():
        (incoming if incoming.exists() else replaced).rename(root)
    for name in MOVED_BACK:
        if (replaced / name).exists():
            shutil.rmtree(root / name, ignore_errors=True)
            (replaced / name).rename(root / name)
    shutil.rmtree(replaced, ignore_errors=True)
    sync_folder(root.parent)


def set_aside_homes(settings: Settings) -> dict[Path, datetime]:
    """Return the damaged homes that restores have set aside, with the times of the restores."""
    root = root_of(settings)
    prefix = f"{SET_ASIDE}{root.name}-"
    return {
        path: datetime.strptime(path.name.removeprefix(prefix), NAME_FORMAT).replace(tzinfo=UTC)
        for path in root.parent.glob(f"{prefix}*")
    }


def _safety_copy(settings: Settings, *, now: datetime) -> Path | None:
    """Make a backup of the home; None if it is too damaged, so that its folder has to be set aside."""
    try:
        home = open_existing_home(settings)
        made = make_backup(home, now=now, scope="safety")
        home.store().close()
    except PilotError:
        return None
    return made.path


def _difference(recovered_to: datetime, now: StoreContents, then: StoreContents) -> Loss:
    rows = {
        name: table.rows - (then.tables[name].rows if name in then.tables else 0) for name, table in now.tables.items()
    }
    accounts = now.ledger_ore.keys() | then.ledger_ore.keys()
    ore = {each: now.ledger_ore.get(each, 0) - then.ledger_ore.get(each, 0) for each in sorted(accounts)}
    return Loss(
        recovered_to,
        {name: more for name, more in sorted(rows.items()) if more > 0},
        {account: more for account, more in ore.items() if more},
    )
