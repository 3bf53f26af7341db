"""Where a restore unpacks, beside the home that it will be; what a killed one left holds words and is swept."""

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
    """Make the folder that a restore of `target` unpacks in; it is gone at the end, unless it was renamed.

    Raises:
        RestoreUnderWay: another process unpacks there.
    """
    sweep_staging(target.parent)
    folder = private_folder(target.parent / f"{PREFIX}{target.name}")
    with _locked(folder) as alone:
        if not alone:
            raise RestoreUnderWay(f"{target} is being restored already.", remedy="Wait for it, or give another folder.")
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep_staging(folder: Path) -> None:
    """Delete what restores into homes of this folder left that were killed; one under way stays."""
    for path in folder.glob(f"{PREFIX}*"):
        with _locked(path) as alone:
            if alone:
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder as long as this process lives; yield whether nobody else had, False where it is gone."""
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
