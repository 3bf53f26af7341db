"""The staging folder of a restore, beside the new home; swept after a kill, because it contains words."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilot.errors import PilotError
from storage.folders import private_folder

PREFIX = ".restoring-"


class RestoreUnderWay(PilotError):
    """Another process restores into the same home."""


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """Create the staging folder for `target`; delete it at the end, unless it was renamed.

    Raises:
        RestoreUnderWay: another process uses the folder.
    """
    sweep_staging(target.parent)
    folder = private_folder(target.parent / f"{PREFIX}{target.name}")
    with _locked(folder) as is_free:
        if not is_free:
            raise RestoreUnderWay(f"{target} is being restored already.", remedy="Wait for it, or give another folder.")
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep_staging(folder: Path) -> None:
    """Delete the staging folders of killed restores; skip those in use."""
    for path in folder.glob(f"{PREFIX}*"):
        with _locked(path) as is_free:
            if is_free:
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder within a `with` block; yield whether the lock was free, False if the folder is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)
