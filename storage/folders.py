"""Writes files atomically, and durably if needed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def private_folder(path: Path) -> Path:
    """Create a folder and its parents, readable by nobody else, and return it."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o077:
        path.chmod(PRIVATE_FOLDER)
    return path


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_fully(descriptor: int, body: bytes) -> None:
    """Write all of `body`: a nearly full disk accepts a part first and refuses the rest."""
    rest = memoryview(body)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def write_atomically(path: Path, body: bytes | str, *, durable: bool = False) -> None:
    """Replace a file's content; readers see the old or the new content, never a part of it.

    For one writer at a time. The file is readable by nobody else.

    Args:
        path: The file; its folder exists.
        body: The content; text is encoded as UTF-8.
        durable: Whether the new content is on the disk before this returns, and so survives a power cut.

    Raises:
        OSError: it cannot be written; the old content is untouched.
    """
    temporary = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        try:
            write_fully(descriptor, body.encode() if isinstance(body, str) else body)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def create_once(path: Path, body: bytes, *, scratch: Path | None = None) -> bool:
    """Create a file unless it exists; never overwrites, safe for concurrent processes.

    Args:
        path: The file; it appears whole and durably.
        body: The content.
        scratch: Folder on the same file system for the temporary file; by default the target's own.

    Returns:
        Whether this call created it.
    """
    temporary = (scratch or path.parent) / f".{path.name}.{secrets.token_hex(8)}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    try:
        try:
            write_fully(descriptor, body)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(temporary, path)
        except FileExistsError:
            created = False
        else:
            created = True
    finally:
        temporary.unlink(missing_ok=True)
    # Also if it existed: its creator may have died before this.
    sync_folder(path.parent)
    return created
