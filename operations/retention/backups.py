"""Deletes backups past their time limit: they contain, sealed, data that the home has removed since."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from operations.backup.catalog import backup_folder, damaged_backups, list_backups, time_from_name
from pilot.settings import Settings


def old_backups(settings: Settings, *, now: datetime) -> list[Path]:
    """Return the backups past their time limit, oldest first, but never the newest one.

    A backup with a damaged manifest is dated by its name, and is included only if another backup can be restored.
    """
    folder, kept = backup_folder(settings), timedelta(days=settings.backup_days)
    whole = list_backups(folder)
    made = [(each.manifest.made_at, each.path) for each in whole[:-1]]
    if whole:
        made += [(moment, path) for path in damaged_backups(folder) if (moment := time_from_name(path)) is not None]
    return [path for moment, path in sorted(made) if now - moment >= kept]


def delete_old_backups(settings: Settings, *, now: datetime) -> list[str]:
    """Delete the backups past their time limit; return their names."""
    expired = old_backups(settings, now=now)
    for path in expired:
        shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in expired]
