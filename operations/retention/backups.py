"""Deletes backups past their time limit: they contain, sealed, data that the home has removed since."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from operations.backup.catalog import backup_folder, damaged_backups, list_backups, time_from_name
from operations.backup.in_place import set_aside_homes
from pilot.settings import Settings


def old_backups(settings: Settings, *, now: datetime) -> list[Path]:
    """Return the backups past their time limit, oldest first, the newest one too.

    Guests were promised the limit. A backup with a damaged manifest is dated by its name, and so is a damaged home that
    a restore has set aside. A recent backup goes with the whole one that it continues.
    """
    folder, kept = backup_folder(settings), timedelta(days=settings.backup_days)
    whole = list_backups(folder)
    expired = {each.path: each.made_at for each in whole if now - each.made_at >= kept}
    bases = {path.name for path in expired}
    expired |= {each.path: each.made_at for each in whole if each.manifest.base in bases}
    for path in damaged_backups(folder):
        moment = time_from_name(path)
        if moment is not None and now - moment >= kept:
            expired[path] = moment
    expired |= {path: moment for path, moment in set_aside_homes(settings).items() if now - moment >= kept}
    return sorted(expired, key=lambda path: (expired[path], path))


def delete_old_backups(settings: Settings, *, now: datetime) -> list[str]:
    """Delete the backups past their time limit; return their names."""
    expired = old_backups(settings, now=now)
    for path in expired:
        shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in expired]
