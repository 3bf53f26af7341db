"""Forgets backups that are older than they are to be kept: what has gone from the home since lies in them, sealed."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from operations.backup.shelf import backups, damaged, named_at, shelf
from pilot.settings import Settings


def old_backups(settings: Settings, *, now: datetime) -> list[Path]:
    """Return the backups whose time is over, oldest first; the newest is never among them.

    Of one whose manifest cannot be read the name says when it was made; it stays while nothing else could be restored.
    """
    folder, kept = shelf(settings), timedelta(days=settings.backup_days)
    whole = backups(folder)
    made = [(each.manifest.made_at, each.path) for each in whole[:-1]]
    if whole:
        made += [(moment, path) for path in damaged(folder) if (moment := named_at(path)) is not None]
    return [path for moment, path in sorted(made) if now - moment >= kept]


def forget_backups(settings: Settings, *, now: datetime) -> list[str]:
    """Delete the backups whose time is over; return their names."""
    gone = old_backups(settings, now=now)
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in gone]
