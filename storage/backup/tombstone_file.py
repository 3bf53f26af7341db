"""The file of tombstones beside the backups: a restore replays erasures newer than the backup."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from storage.errors import StorageError
from storage.folders import private_folder, write_atomically
from storage.store.privacy.tombstones import Tombstone

NAME = "tombstones.ndjson"


class TombstonesUnreadable(StorageError):
    """The file of tombstones is missing or damaged."""


def read_tombstones(path: Path) -> list[Tombstone]:
    """Return the tombstones of a file.

    Raises:
        TombstonesUnreadable: the file is missing, or a line is damaged.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [_parsed(json.loads(line)) for line in lines]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise TombstonesUnreadable(
            f"The tombstones {path} are missing or damaged: nobody can tell which guests were erased since.",
            remedy="Put back the file that lay beside the backups, or name another copy with --tombstones.",
        ) from None


def write_tombstones(folder: Path, known: Iterable[Tombstone]) -> int:
    """Add tombstones to a folder's file durably and return its new count; none is ever removed.

    Raises:
        TombstonesUnreadable: the existing file is damaged.
        OSError: the folder cannot be written.
    """
    path, known = private_folder(folder) / NAME, list(known)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # an erasure and each kind of backup write it
        found = {each.session_id: each for each in read_tombstones(path)} if path.exists() else {}
        if path.exists() and all(each.session_id in found for each in known):
            return len(found)
        found |= {each.session_id: each for each in known}
        body = "".join(f"{json.dumps(_as_json(each))}\n" for _, each in sorted(found.items()))
        write_atomically(path, body, durable=True)
        return len(found)
    finally:
        os.close(descriptor)


def _as_json(each: Tombstone) -> dict[str, str]:
    return {
        "session_id": each.session_id,
        "day": each.day.isoformat(),
        "actor": each.actor,
        "reason": each.reason,
        "created_at": each.created_at.isoformat(),
    }


def _parsed(line: dict[str, str]) -> Tombstone:
    return Tombstone(
        line["session_id"],
        date.fromisoformat(line["day"]),
        line["actor"],
        line["reason"],
        datetime.fromisoformat(line["created_at"]),
    )
