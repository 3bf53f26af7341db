"""Forgets backups that are older than they are to be kept: what has gone from the home since lies in them, sealed."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

from operations.backup.shelf import Backup, backups, shelf
from pilot.settings import Settings


def old_backups(settings: Settings, *, now: datetime) -> list[Backup]:
    """Return the backups whose time is over, oldest first; the newest is never among them."""
    kept = timedelta(days=settings.backup_days)
    return [each for each in backups(shelf(settings))[:-1] if now - each.manifest.made_at >= kept]


def forget_backups(settings: Settings, *, now: datetime) -> list[str]:
    """Delete the backups whose time is over; return their names."""
    gone = old_backups(settings, now=now)
    for each in gone:
        shutil.rmtree(each.path, ignore_errors=True)
    return [each.path.name for each in gone]
