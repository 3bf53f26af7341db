"""The age of the newest good backup in each place, read from the place itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from operations.backup.carry import read_target, targets_of
from operations.backup.catalog import Backup, backup_folder, list_backups
from operations.backup.manifest import RESTORED_BY_DATE
from pilot.errors import PilotError
from storage.home import Home

FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class PlaceAges:
    """The newest good backups of a home in one place.

    Attributes:
        place: The folder, or a target's address.
        store_at: The start of the newest backup with a store, UTC; None if there is none.
        whole_at: The start of the newest whole backup, UTC; None if there is none.
        fault: Why the place cannot be read; empty if it can.
    """

    place: str
    store_at: datetime | None = None
    whole_at: datetime | None = None
    fault: str = ""


def ages(home: Home) -> list[PlaceAges]:
    """Return the newest good backups of each place; a backup is good if its content has its size."""
    known = [
        each
        for each in list_backups(backup_folder(home.settings))
        if each.content.exists() and each.content.stat().st_size == each.manifest.content_bytes
    ]
    found = [_newest(FOLDER, known, home=home)]
    try:
        targets = targets_of(home.settings)
    except PilotError as error:
        return [*found, PlaceAges(home.settings.backup_url or home.settings.backup_remote, fault=str(error))]
    for target in targets:
        try:
            found.append(_newest(target.address, read_target(target).backups, home=home))
        except PilotError as error:
            found.append(PlaceAges(target.address, fault=str(error)))
    return found


def _newest(place: str, backups: Iterable[Backup], *, home: Home) -> PlaceAges:
    own = [each for each in backups if each.manifest.sealed and each.manifest.home == home.identity()]
    stores = [each.made_at for each in own if each.manifest.scope in RESTORED_BY_DATE]
    whole = [each.made_at for each in own if each.manifest.scope == "whole"]
    return PlaceAges(place, max(stores, default=None), max(whole, default=None))
